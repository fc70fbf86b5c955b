package dev.atlas.net.connection;

import static dev.atlas.net.connection.TestNodes.await;
import static dev.atlas.net.connection.TestNodes.awaitConnected;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.atlas.net.connection.FaultProxy.Weather;
import dev.atlas.net.connection.TestNodes.Wire;
import dev.atlas.net.crypto.SignatureScheme.KeyPair;
import dev.atlas.net.identity.NodeId;
import dev.atlas.net.stub.ModuleId;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Three real nodes whose connections are killed and healed at random under load: seconds, or as long as {@code
 * -Datlas.killAndHeal.seconds} says, with the seed {@code -Datlas.killAndHeal.seed}.
 */
class KillAndHealTest {

    private static final int PAYLOAD_BYTES = 200;
    private static final List<ModuleId> MODULES = List.of(ModuleId.PROTOCOL, ModuleId.APPLICATION);

    private static final NetworkConfig CONFIG = TestNodes.CONFIG.withTiming(new NetworkConfig.Timing(
            Duration.ofSeconds(2),
            Duration.ofSeconds(2),
            Duration.ofMillis(50),
            6,
            Duration.ofMillis(5),
            Duration.ofMillis(50),
            Duration.ofSeconds(10)));

    /** A connection's life is its reader thread's. */
    private record Stream(Thread reader, NodeId from, ModuleId module) {}

    private record Way(NodeId from, NodeId to, ModuleId module) {}

    private final Queue<String> violations = new ConcurrentLinkedQueue<>();
    private final Map<Stream, Deque<ByteBuffer>> streams = new ConcurrentHashMap<>();
    private final Map<Way, AtomicLong> arrived = new ConcurrentHashMap<>();

    private static ByteBuffer message(long number) {
        ByteBuffer message = ByteBuffer.allocate(PAYLOAD_BYTES);
        while (message.remaining() >= Long.BYTES) {
            message.putLong(number);
        }
        return message.flip();
    }

    private void receiver(BlockingNetworkNode node, ModuleId module) {
        node.incoming(module).receiver((from, messages) -> {
            Deque<ByteBuffer> held = streams.computeIfAbsent(
                    new Stream(Thread.currentThread(), from, module), unused -> new ArrayDeque<>());
            for (ByteBuffer message : messages) {
                take(held, message, from + " to " + node.self() + " " + module);
            }
            arrived.computeIfAbsent(new Way(from, node.self(), module), unused -> new AtomicLong())
                    .addAndGet(messages.size());
        });
    }

    /** In order, intact, and what came long before is still what it was. */
    private void take(Deque<ByteBuffer> held, ByteBuffer message, String way) {
        long number = message.getLong(message.position());
        if (!message.equals(message(number))) {
            violations.add(way + ": altered " + number);
        }
        if (!held.isEmpty() && number <= held.getLast().getLong(held.getLast().position())) {
            violations.add(way + ": " + number + " after "
                    + held.getLast().getLong(held.getLast().position()));
        }
        held.add(message);
        if (held.size() > 500) {
            ByteBuffer old = held.remove();
            if (!old.equals(message(old.getLong(old.position())))) {
                violations.add(way + ": overwritten later");
            }
        }
    }

    private static void send(BlockingNetworkNode from, NodeId to, ModuleId module, AtomicBoolean stop) {
        for (long number = 1; !stop.get(); number++) {
            from.outgoing(module).send(to, message(number));
            if (number % 50 == 0) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
            }
        }
    }

    private static void harm(FaultProxy proxy, Random random, Wire wire) throws Exception {
        // Only TLS notices altered bytes: plaintext says so in the log.
        int faults = wire == Wire.TLS ? 8 : 6;
        switch (random.nextInt(faults)) {
            case 0 -> proxy.cutAll();
            case 1 -> proxy.cutOne(random);
            case 2 -> proxy.weather(Weather.DELAYED);
            case 3 -> proxy.weather(Weather.THROTTLED);
            case 4 -> proxy.weather(Weather.HALF_OPEN);
            case 5 -> proxy.heal();
            case 6 -> proxy.flipAByte();
            default -> proxy.garbage(random);
        }
    }

    private static long openDescriptors() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
                ? unix.getOpenFileDescriptorCount()
                : 0;
    }

    @ParameterizedTest
    @EnumSource(
            value = Wire.class,
            names = {"TCP", "TLS"})
    @Timeout(value = 1, unit = TimeUnit.HOURS)
    void orderHoldsNothingLeaksAndEverythingRecovers(Wire wire) throws Exception {
        long seed = Long.getLong("atlas.killAndHeal.seed", 7);
        Random random = new Random(seed);
        long descriptors = openDescriptors();
        TestNodes nodes = new TestNodes(wire);
        List<FaultProxy> proxies = new ArrayList<>();
        Map<Integer, BlockingNetworkNode> running = new java.util.TreeMap<>();
        List<Thread> senders = new ArrayList<>();
        AtomicBoolean stop = new AtomicBoolean();
        try {
            for (int number = 0; number < 3; number++) {
                KeyPair keys = nodes.keys();
                BlockingNetworkNode node = nodes.replica(number, keys, CONFIG);
                MODULES.forEach(module -> receiver(node, module));
                FaultProxy proxy = new FaultProxy(node.listening().getFirst());
                proxies.add(proxy);
                nodes.member(number, keys, List.of(proxy.address()));
                running.put(number, node);
            }
            for (BlockingNetworkNode from : running.values()) {
                for (BlockingNetworkNode to : running.values()) {
                    if (from != to) {
                        awaitConnected(from, to.self());
                        MODULES.forEach(module ->
                                senders.add(Thread.ofVirtual().start(() -> send(from, to.self(), module, stop))));
                    }
                }
            }
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(Long.getLong("atlas.killAndHeal.seconds", 5));
            while (System.nanoTime() < end) {
                harm(proxies.get(random.nextInt(proxies.size())), random, wire);
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10 + random.nextInt(150)));
            }
            proxies.forEach(FaultProxy::heal);
            Map<Way, Long> before = new java.util.HashMap<>();
            arrived.forEach((way, count) -> before.put(way, count.get()));
            assertThat(before).as("seed %s", seed).hasSize(6 * MODULES.size());
            before.forEach((way, count) ->
                    await(way + " recovers", () -> arrived.get(way).get() > count + 1000));
            assertThat(proxies.stream().mapToInt(FaultProxy::accepted).sum())
                    .as("connections, of which 6 would do without a fault")
                    .isGreaterThan(12);
        } finally {
            stop.set(true);
            for (Thread sender : senders) {
                sender.join();
            }
            running.values().forEach(BlockingNetworkNode::close);
            proxies.forEach(FaultProxy::close);
            await("the last thread", () -> nodes.environment.alive().isEmpty());
            nodes.close();
        }
        assertThat(violations).as("seed %s", seed).isEmpty();
        // The JDK keeps a few of its own for its pollers.
        await("descriptors", () -> openDescriptors() <= descriptors + 20);
    }
}
