package dev.atlas.it.bench.transport;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.SingleWriterRecorder;

/** Loads one node and measures what it receives; one for each node, in one process or in several. */
final class NodeDriver implements AutoCloseable {

    /** How often a paced sender wakes; each burst is as large as the rate asks for. */
    private static final long BURST_NANOS = TimeUnit.MICROSECONDS.toNanos(100);

    /** What a node received in the measured time, and the processor time of the whole process in it. */
    record Received(long messages, long nanos, long cpuNanos) {}

    private final Tally tally;
    private final BenchNode node;
    private final List<Integer> targets;
    private final int payloadBytes;
    private final CollectorPauses collector = new CollectorPauses();

    NodeDriver(Contender contender, int self, List<Integer> ports, boolean sendsToAll, int payloadBytes)
            throws IOException {
        this.tally = new Tally(ports.size());
        this.node = contender.open(self, ports, tally);
        this.targets = new ArrayList<>();
        this.payloadBytes = payloadBytes;
        for (int peer = 0; peer < ports.size(); peer++) {
            if (peer != self && (sendsToAll || self == 0)) {
                targets.add(peer);
            }
        }
    }

    void connect() throws IOException, InterruptedException {
        node.connect();
    }

    private static long cpuNanos() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    /** As fast as it goes. */
    Received load(int warmupSeconds, int seconds) throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        Senders senders = new Senders();
        for (int target : targets) {
            BenchNode.Link link = node.to(target);
            // One message, sent over and over: what it costs to make one is not the transport's.
            ByteBuffer message = ByteBuffer.allocate(payloadBytes);
            senders.start(Thread.ofVirtual(), () -> {
                while (!stop.get()) {
                    for (int burst = 0; burst < 64; burst++) {
                        link.send(message);
                    }
                }
                link.flush();
            });
        }
        pause(TimeUnit.SECONDS.toNanos(warmupSeconds));
        long from = System.nanoTime();
        long cpu = cpuNanos();
        long before = tally.received();
        pause(TimeUnit.SECONDS.toNanos(seconds));
        Received received = new Received(tally.received() - before, System.nanoTime() - from, cpuNanos() - cpu);
        stop.set(true);
        senders.join();
        return received;
    }

    /**
     * At a given rate, open loop. A burst is dated when its sender woke for it; one that is late because sending blocked is dated when it
     * was due, so that a stall counts for all that had to wait behind it.
     */
    Delays pace(double messagesPerSecond, int warmupSeconds, int seconds) throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        Senders senders = new Senders();
        SingleWriterRecorder late = new SingleWriterRecorder(Delays.MAX_NANOS, 3);
        SingleWriterRecorder wakeUps = new SingleWriterRecorder(Delays.MAX_NANOS, 3);
        if (!targets.isEmpty() && messagesPerSecond > 0) {
            senders.start(Thread.ofPlatform(), () -> paced(messagesPerSecond / targets.size(), late, stop));
        }
        WakeUps probe = new WakeUps(wakeUps);
        senders.start(Thread.ofVirtual(), probe::sleep);
        senders.start(Thread.ofPlatform(), () -> probe.wake(stop));
        pause(TimeUnit.SECONDS.toNanos(warmupSeconds));
        tally.takeAges();
        late.getIntervalHistogram();
        wakeUps.getIntervalHistogram();
        Instant from = Instant.now();
        pause(TimeUnit.SECONDS.toNanos(seconds));
        Histogram ages = tally.takeAges();
        Histogram pauses = collector.pausesSince(from);
        Delays delays = new Delays(ages, late.getIntervalHistogram(), wakeUps.getIntervalHistogram(), pauses);
        stop.set(true);
        senders.join();
        return delays;
    }

    private void paced(double perTarget, SingleWriterRecorder late, AtomicBoolean stop) throws Exception {
        double owed = 0;
        long last = System.nanoTime();
        while (!stop.get()) {
            long due = last + BURST_NANOS;
            boolean early = System.nanoTime() < due;
            pause(due - System.nanoTime());
            long stamp = early ? System.nanoTime() : due;
            late.recordValue(Math.clamp(System.nanoTime() - due, 0, Delays.MAX_NANOS));
            owed += perTarget * (stamp - last) / 1e9;
            last = stamp;
            int burst = (int) owed;
            owed -= burst;
            ByteBuffer message = ByteBuffer.allocate(payloadBytes).putLong(0, stamp);
            for (int target : targets) {
                BenchNode.Link link = node.to(target);
                for (int sent = 0; sent < burst; sent++) {
                    link.send(message);
                }
                link.flush();
            }
        }
    }

    static void pause(long nanos) {
        long end = System.nanoTime() + nanos;
        for (long left = nanos; left > 0; left = end - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    @Override
    public void close() {
        node.close();
        collector.close();
    }

    /** Threads whose failure is the measurement's. */
    private static final class Senders {

        private final List<Thread> threads = new ArrayList<>();
        private final AtomicReference<Exception> failure = new AtomicReference<>();

        interface Body {
            void run() throws Exception;
        }

        void start(Thread.Builder builder, Body body) {
            threads.add(builder.start(() -> {
                try {
                    body.run();
                } catch (Exception e) {
                    failure.set(e);
                }
            }));
        }

        void join() throws Exception {
            for (Thread thread : threads) {
                thread.join();
            }
            Exception failed = failure.get();
            if (failed != null) {
                throw failed;
            }
        }
    }
}
