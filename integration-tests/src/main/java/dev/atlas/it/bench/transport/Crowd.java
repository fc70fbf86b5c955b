package dev.atlas.it.bench.transport;

import dev.atlas.net.crypto.Ed25519Scheme;
import dev.atlas.net.crypto.SignatureScheme.KeyPair;
import dev.atlas.net.env.SystemEnvironment;
import dev.atlas.net.frame.FrameLimits;
import dev.atlas.net.frame.FrameReader;
import dev.atlas.net.frame.FrameWriter;
import dev.atlas.net.frame.OutgoingFrame;
import dev.atlas.net.handshake.Handshake;
import dev.atlas.net.handshake.HandshakeResult;
import dev.atlas.net.handshake.LocalIdentity;
import dev.atlas.net.identity.NetworkInformation;
import dev.atlas.net.identity.NodeAddress;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.stub.ModuleId;
import dev.atlas.net.tls.TlsTransport;
import dev.atlas.net.transport.Channel;
import dev.atlas.net.transport.TcpTransport;
import dev.atlas.net.transport.Transport;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Very many clients of one node, each with a key and a connection of its own, as thin as can be: the handshake of the library, a thread
 * that reads, and one thread for the heartbeats of all.
 */
final class Crowd implements AutoCloseable {

    private static final ReplicaId NODE = new ReplicaId(0);
    private static final Duration DEADLINE = Duration.ofMinutes(2);

    private final SystemEnvironment environment = SystemEnvironment.create("crowd", 1);
    private final NetworkInformation information;
    private final NodeAddress address;
    private final boolean tls;
    private final Queue<Member> members = new ConcurrentLinkedQueue<>();
    private final LongAdder answers = new LongAdder();
    private final AtomicInteger lost = new AtomicInteger();
    private final AtomicInteger retries = new AtomicInteger();
    private final AtomicLong longestRoundMillis = new AtomicLong();
    private volatile boolean closing;

    Crowd(NetworkInformation information, NodeAddress address, boolean tls) {
        this.information = information;
        this.address = address;
        this.tls = tls;
        Thread.ofVirtual().start(this::beat);
    }

    private final class Member {

        private final Channel channel;
        private final FrameWriter writer;
        private final ReentrantLock lock = new ReentrantLock();

        Member(Channel channel) {
            this.channel = channel;
            this.writer = new FrameWriter(channel, 2048);
        }

        void send(OutgoingFrame frame) throws IOException {
            lock.lock();
            try {
                writer.add(frame);
                writer.flush();
            } finally {
                lock.unlock();
            }
        }

        void read(boolean active) {
            OutgoingFrame request = OutgoingFrame.of(ModuleId.APPLICATION, ByteBuffer.allocate(1024));
            FrameReader reader = new FrameReader(channel, new FrameLimits(Map.of(ModuleId.APPLICATION, 1 << 20)), 4096);
            AtomicInteger frames = new AtomicInteger();
            try {
                if (active) {
                    send(request);
                }
                while (reader.read((module, payload) -> frames.incrementAndGet()) >= 0) {
                    for (int got = frames.getAndSet(0); got > 0; got--) {
                        answers.increment();
                        send(request);
                    }
                }
            } catch (IOException cut) {
                if (!closing) {
                    System.err.println("a client's connection broke: " + cut);
                }
            }
            channel.close();
        }
    }

    /** Returns when all are connected, however often each had to try. */
    void join(int count, boolean active, int atOnce) throws InterruptedException {
        CountDownLatch connected = new CountDownLatch(count);
        AtomicInteger next = new AtomicInteger();
        for (int dialler = 0; dialler < atOnce; dialler++) {
            Thread.ofVirtual().start(() -> {
                while (next.getAndIncrement() < count) {
                    Ed25519Scheme scheme = new Ed25519Scheme();
                    KeyPair keys = scheme.generate(environment.random());
                    Member member = connect(keys);
                    connected.countDown();
                    Thread.ofVirtual().start(() -> live(member, keys, active));
                }
            });
        }
        connected.await();
    }

    /** Until the end, over as many connections as that takes. */
    private void live(Member first, KeyPair keys, boolean active) {
        Member member = first;
        member.read(active);
        while (!closing) {
            lost.incrementAndGet();
            member = connect(keys);
            member.read(active);
        }
    }

    private Member connect(KeyPair keys) {
        Ed25519Scheme scheme = new Ed25519Scheme();
        Transport transport = tls ? new TlsTransport(new TcpTransport(), keys) : new TcpTransport();
        Handshake handshake = new Handshake(
                environment, LocalIdentity.client("crowd", scheme, keys), information, kind -> 1, !tls, DEADLINE);
        while (true) {
            try {
                Channel channel = transport.connect(address);
                if (handshake.dial(channel, NODE, 0) instanceof HandshakeResult.Accepted) {
                    Member member = new Member(channel);
                    members.add(member);
                    return member;
                }
                channel.close();
            } catch (IOException refused) {
                // Counted below like every other refusal: under a storm the node's limits send some away.
            }
            retries.incrementAndGet();
            pause(50);
        }
    }

    private void pause(long millis) {
        try {
            environment.sleep(Duration.ofMillis(millis));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void beat() {
        while (!closing) {
            long from = System.nanoTime();
            members.removeIf(Crowd::isDead);
            longestRoundMillis.accumulateAndGet((System.nanoTime() - from) / 1_000_000, Math::max);
            pause(500);
        }
    }

    private static boolean isDead(Member member) {
        try {
            member.send(OutgoingFrame.HEARTBEAT);
            return false;
        } catch (IOException dead) {
            // Its reader counts it.
            return true;
        }
    }

    /** Of heartbeats: of more than a node's patience, clients were silent. */
    long longestRoundMillis() {
        return longestRoundMillis.get();
    }

    long answers() {
        return answers.sum();
    }

    int lost() {
        return lost.get();
    }

    int retries() {
        return retries.get();
    }

    @Override
    public void close() {
        closing = true;
        members.forEach(member -> member.channel.close());
        environment.close();
    }
}
