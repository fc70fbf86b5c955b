package dev.atlas.net.connection;

import dev.atlas.net.concurrent.Supervisor;
import dev.atlas.net.env.Clock;
import dev.atlas.net.env.Environment;
import dev.atlas.net.frame.FrameReader;
import dev.atlas.net.frame.FrameViolationException;
import dev.atlas.net.frame.FrameWriter;
import dev.atlas.net.frame.OutgoingFrame;
import dev.atlas.net.handshake.PeerIdentity;
import dev.atlas.net.identity.NodeKind;
import dev.atlas.net.metrics.ConnectionDownEvent;
import dev.atlas.net.metrics.ConnectionLoadEvent;
import dev.atlas.net.metrics.NetworkCounters;
import dev.atlas.net.transport.Channel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One authenticated connection. {@link #run} reads on the calling thread and writes on a second one until either fails or somebody
 * closes it, and then gives everything back.
 */
final class Connection {

    private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

    /**
     * How much longer than silence a peer's not reading is borne: a correct one may be busy with what it has been sent, but one that never
     * reads holds a full queue for ever.
     */
    private static final int STALL_FACTOR = 10;

    private final PeerIdentity peer;
    private final int index;
    private final Channel channel;
    private final NetworkConfig config;
    private final NodeKind selfKind;
    private final NetworkCounters counters;
    private final Receivers receivers;
    private final Environment environment;
    private final Clock clock;
    private final SharedMemory memory;
    private final OutgoingQueue queue;
    private final FrameWriter writer;
    private final AtomicReference<Optional<End>> end = new AtomicReference<>(Optional.empty());

    /** Written by the reader thread, read by the heartbeat thread; likewise the three below. */
    private volatile long bytesIn;

    private volatile long messagesIn;
    /** Whether the reader is waiting for a receiver rather than for the peer. */
    private volatile boolean delivering;
    /** Written by the writer thread. */
    private volatile long bytesOut;
    /** Written by the writer thread. */
    private volatile long messagesOut;

    /** Written by the writer thread: whether the peer must read before it can go on. */
    private volatile boolean writing;
    /** Written by the reader thread. */
    private volatile int readBufferBytes;
    /** Written by the reader thread: memory held for a large message that has not arrived as a whole. */
    private volatile int unfinishedBytes;
    /** Written by the reader thread: the longest that a receiver kept it, since somebody last asked. */
    private final AtomicLong longestDelivery = new AtomicLong();

    /** Owned by the heartbeat thread, like the next ones. */
    private long bytesInAtTick;

    private long bytesOutAtTick;
    private long messagesInAtTick;
    private long messagesOutAtTick;
    private long writtenAtTick;
    private int silentTicks;
    private int stalledTicks;
    private int unfinishedTicks;

    private record End(DownReason reason, String detail) {}

    Connection(
            PeerIdentity peer,
            int index,
            Channel channel,
            NetworkConfig config,
            NodeKind selfKind,
            NetworkCounters counters,
            Receivers receivers,
            SharedMemory memory,
            Environment environment) {
        this.peer = peer;
        this.index = index;
        this.channel = channel;
        this.config = config;
        this.selfKind = selfKind;
        this.counters = counters;
        this.receivers = receivers;
        this.memory = memory;
        this.environment = environment;
        this.clock = environment.clock();
        NetworkConfig.Buffers buffers = config.buffers();
        this.queue = new OutgoingQueue(
                buffers,
                peer.kind() == NodeKind.CLIENT ? buffers.clientQueue() : buffers.applicationQueue(),
                memory,
                clock);
        this.writer = new FrameWriter(channel, buffers.write());
    }

    PeerIdentity peer() {
        return peer;
    }

    int index() {
        return index;
    }

    String remoteHost() {
        return channel.remoteHost();
    }

    OutgoingQueue queue() {
        return queue;
    }

    boolean isOpen() {
        return end.get().isEmpty();
    }

    /** Ends the connection from any thread; the first reason counts. */
    void close(DownReason reason, String detail) {
        if (end.compareAndSet(Optional.empty(), Optional.of(new End(reason, detail)))) {
            queue.close();
            channel.close();
        }
    }

    /** Carries frames until the connection ends. */
    void run(Supervisor threads) {
        ConnectionDownEvent event = new ConnectionDownEvent();
        event.begin();
        CountDownLatch written = new CountDownLatch(1);
        boolean writing = threads.start("writer-" + peer.id() + "-" + index, () -> write(written));
        try {
            if (writing) {
                read();
            } else {
                close(DownReason.CLOSED, "the node closes");
            }
        } finally {
            close(DownReason.FAILED, "the reader ended");
            if (writing) {
                awaitUninterruptibly(written);
            }
            report(event);
        }
    }

    private void read() {
        SharedMemory.Holding unfinished = new SharedMemory.Holding(memory);
        FrameReader reader = new FrameReader(
                channel,
                config.limits().between(selfKind, peer.kind()),
                config.buffers().read(),
                unfinished::resize);
        IncomingBatch batch = new IncomingBatch();
        Pace pace = new Pace(environment, peer.kind());
        try {
            int count = 0;
            while (count >= 0) {
                count = readOnce(reader, batch, pace);
            }
            close(DownReason.PEER_CLOSED, "end of stream");
        } catch (FrameViolationException e) {
            counters.framingViolated(e.violation());
            close(DownReason.FRAMING, String.valueOf(e.getMessage()));
        } catch (IOException e) {
            close(DownReason.FAILED, String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            // Kept for whoever runs this connection: it ends a dialler too.
            Thread.currentThread().interrupt();
            close(DownReason.CLOSED, "the node closes");
        } catch (RuntimeException e) {
            // A receiver must take any input; one that does not has a bug, which must not take other peers along.
            counters.receiverFailed();
            LOG.error("a receiver failed on a message of {}", peer.id(), e);
            close(DownReason.FAILED, "a receiver failed: " + e);
        } finally {
            unfinished.release();
        }
    }

    /** How many bytes came; -1 at the end of the stream. */
    private int readOnce(FrameReader reader, IncomingBatch batch, Pace pace) throws IOException, InterruptedException {
        int count;
        try {
            count = reader.read(batch);
        } catch (IOException broken) {
            // What came whole before the peer broke the framing is worth as much as what an earlier read brought.
            handOn(reader, batch, pace, 0);
            throw broken;
        }
        handOn(reader, batch, pace, Math.max(0, count));
        return count;
    }

    /** The only writer of its counts, which are volatile for their readers. */
    @SuppressWarnings("NonAtomicVolatileUpdate")
    private void handOn(FrameReader reader, IncomingBatch batch, Pace pace, int bytes) throws InterruptedException {
        counters.received(batch.size(), bytes);
        messagesIn += batch.size();
        bytesIn += bytes;
        readBufferBytes = reader.bufferBytes();
        unfinishedBytes = reader.unfinishedBytes();
        pace.read(bytes);
        while (batch.size() > 0) {
            pace.delivered(deliver(batch));
        }
    }

    /** How many messages it was. */
    private int deliver(IncomingBatch batch) {
        long since = clock.nanoTime();
        delivering = true;
        int messages = batch.deliver(peer.id(), receivers, Pace.MESSAGES);
        delivering = false;
        long took = clock.nanoTime() - since;
        if (took > longestDelivery.get()) {
            longestDelivery.set(took);
        }
        return messages;
    }

    /** The only writer of its counts, which are volatile for their readers. */
    @SuppressWarnings("NonAtomicVolatileUpdate")
    private void write(CountDownLatch ended) {
        List<OutgoingFrame> frames = new ArrayList<>();
        try {
            while (queue.drainTo(frames)) {
                long bytes = 0;
                writing = true;
                for (OutgoingFrame frame : frames) {
                    writer.add(frame);
                    bytes += frame.wireBytes();
                }
                writer.flush();
                writing = false;
                counters.sent(frames.size(), bytes);
                messagesOut += frames.size();
                bytesOut += bytes;
                frames.clear();
            }
        } catch (IOException e) {
            close(DownReason.FAILED, String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            close(DownReason.CLOSED, "the node closes");
        } finally {
            ended.countDown();
        }
    }

    /** Called once per heartbeat interval by the heartbeat thread. */
    void tick() {
        if (bytesOut == bytesOutAtTick) {
            queue.heartbeat();
        }
        silentTicks = bytesIn == bytesInAtTick && !delivering ? silentTicks + 1 : 0;
        long written = writer.written();
        stalledTicks = writing && written == writtenAtTick ? stalledTicks + 1 : 0;
        writtenAtTick = written;
        unfinishedTicks =
                unfinishedBytes > 0 && messagesIn == messagesInAtTick && !delivering ? unfinishedTicks + 1 : 0;
        reportLoad();
        int patience = config.timing().missedHeartbeats();
        if (silentTicks > patience) {
            end(DownReason.SILENT, "nothing heard for " + silentTicks + " heartbeats", counters::fellSilent);
        } else if (stalledTicks > patience * STALL_FACTOR) {
            end(DownReason.STALLED, "nothing read for " + stalledTicks + " heartbeats", counters::stalled);
        } else if (Math.max(stalledTicks, unfinishedTicks) > patience && memory.isShort()) {
            end(
                    DownReason.HOARDING,
                    "held back " + unfinishedBytes + " bytes of a message, or read nothing, while memory was short",
                    counters::hoarded);
        }
    }

    private void end(DownReason reason, String detail, Runnable count) {
        if (isOpen()) {
            count.run();
        }
        close(reason, detail);
    }

    private void reportLoad() {
        long inNow = bytesIn;
        long outNow = bytesOut;
        long messagesInNow = messagesIn;
        long messagesOutNow = messagesOut;
        ConnectionLoadEvent event = new ConnectionLoadEvent();
        if (event.shouldCommit()) {
            event.peer = peer.id().toString();
            event.index = index;
            event.messagesIn = messagesInNow - messagesInAtTick;
            event.messagesOut = messagesOutNow - messagesOutAtTick;
            event.bytesIn = inNow - bytesInAtTick;
            event.bytesOut = outNow - bytesOutAtTick;
            event.queuedBytes = queue.bytes();
            event.longestWait = queue.takeLongestWaitNanos();
            event.bufferBytes = (long) readBufferBytes + writer.bufferBytes();
            event.delivering = delivering;
            event.longestDelivery = longestDelivery.getAndSet(0);
            event.commit();
        }
        bytesInAtTick = inNow;
        bytesOutAtTick = outNow;
        messagesInAtTick = messagesInNow;
        messagesOutAtTick = messagesOutNow;
    }

    private void report(ConnectionDownEvent event) {
        event.end();
        end.get().ifPresent(ended -> {
            if (peer.kind() == NodeKind.CLIENT) {
                // Clients come and go as they like, strangers among them: they must not fill a disk with it.
                LOG.debug("connection {} of {} is down: {}, {}", index, peer.id(), ended.reason(), ended.detail());
            } else {
                LOG.info("connection {} of {} is down: {}, {}", index, peer.id(), ended.reason(), ended.detail());
            }
            if (event.shouldCommit()) {
                event.peer = peer.id().toString();
                event.index = index;
                event.reason = ended.reason().name();
                event.detail = ended.detail();
                event.messagesIn = messagesIn;
                event.messagesOut = messagesOut;
                event.bytesIn = bytesIn;
                event.bytesOut = bytesOut;
                event.commit();
            }
        });
    }

    /** The writer's channel and queue are closed, so this ends; an interrupt must not leave it behind. */
    private static void awaitUninterruptibly(CountDownLatch latch) {
        boolean interrupted = false;
        while (true) {
            try {
                latch.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
