package dev.atlas.net.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.atlas.net.crypto.Ed25519Scheme;
import dev.atlas.net.crypto.PublicKey;
import dev.atlas.net.crypto.SignatureScheme.KeyPair;
import dev.atlas.net.env.SystemEnvironment;
import dev.atlas.net.identity.NodeAddress;
import dev.atlas.net.transport.Channel;
import dev.atlas.net.transport.InMemoryNetwork;
import dev.atlas.net.transport.TcpTransport;
import dev.atlas.net.transport.Transport;
import dev.atlas.net.transport.Transport.Listener;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import jdk.jfr.consumer.RecordingStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TlsTransportTest {

    private static final int BYTES = 8 << 20;
    /** A shorter one may be a thread that had to wait for a processor. */
    private static final Duration LONG_PIN = Duration.ofMillis(20);

    private final SystemEnvironment environment = SystemEnvironment.create("test");
    private final Ed25519Scheme scheme = new Ed25519Scheme();
    private final KeyPair server = scheme.generate(environment.random());
    private final KeyPair client = scheme.generate(environment.random());
    private Listener listener;

    @BeforeEach
    void listen() throws IOException {
        listener = new TlsTransport(new TcpTransport(), server).listen(new NodeAddress("127.0.0.1", 0));
    }

    @AfterEach
    void close() {
        listener.close();
        environment.close();
    }

    private <T> FutureTask<T> onVirtualThread(java.util.concurrent.Callable<T> body) {
        FutureTask<T> task = new FutureTask<>(body);
        environment.virtualThreads("tls").newThread(task).start();
        return task;
    }

    private static <T> T result(FutureTask<T> task) throws Exception {
        return task.get(30, TimeUnit.SECONDS);
    }

    @Test
    void bothEndsProveTheirKeys() throws Exception {
        FutureTask<Optional<PublicKey>> accepted = onVirtualThread(() -> {
            try (Channel channel = listener.accept()) {
                return channel.secure();
            }
        });
        try (Channel channel = new TlsTransport(new TcpTransport(), client).connect(listener.address())) {
            assertThat(channel.secure()).contains(server.publicKey());
            assertThat(result(accepted)).contains(client.publicKey());
        }
    }

    @Test
    void whoSpeaksNoTlsIsRefused() throws Exception {
        FutureTask<Optional<PublicKey>> accepted = onVirtualThread(() -> {
            try (Channel channel = listener.accept()) {
                return channel.secure();
            }
        });
        try (Channel channel = new TcpTransport().connect(listener.address())) {
            channel.write(
                    ByteBuffer.wrap("GET / HTTP/1.1\r\n\r\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII)));
            assertThatThrownBy(() -> result(accepted)).hasCauseInstanceOf(IOException.class);
        }
    }

    /** Gives out the last channel that it made, so that a test can write below TLS. */
    private record Open(Transport transport, AtomicReference<Channel> last) implements Transport {

        @Override
        public Listener listen(NodeAddress address) throws IOException {
            return transport.listen(address);
        }

        @Override
        public Channel connect(NodeAddress address) throws IOException {
            last.set(transport.connect(address));
            return last.get();
        }
    }

    @Test
    void whatCameBeforeABadRecordIsReadAndThenTheReadFails() throws Exception {
        InMemoryNetwork network = new InMemoryNetwork();
        Listener under = new TlsTransport(network.transport("here"), server).listen(new NodeAddress("here", 0));
        FutureTask<Channel> accepted = onVirtualThread(() -> {
            Channel channel = under.accept();
            channel.secure();
            return channel;
        });
        Open below = new Open(network.transport("there"), new AtomicReference<>());
        try (Channel channel = new TlsTransport(below, client).connect(under.address())) {
            channel.secure();
            Channel here = result(accepted);
            channel.write(ByteBuffer.wrap(new byte[] {1, 2, 3}));
            // A record of application data that nobody has encrypted.
            below.last().get().write(ByteBuffer.wrap(new byte[] {0x17, 3, 3, 0, 32}));
            below.last().get().write(ByteBuffer.allocate(32));
            ByteBuffer target = ByteBuffer.allocate(100);
            assertThat(here.read(target)).isEqualTo(3);
            assertThatThrownBy(() -> here.read(target)).isInstanceOf(SSLException.class);
            assertThat(target.position()).isEqualTo(3);
            here.close();
        }
        under.close();
    }

    /** Each costs its receiver several keys and an answer that waits in memory, and its sender 43 bytes. */
    @Test
    void whoAsksForNewKeysAgainAndAgainIsCutOff() throws Exception {
        FutureTask<Integer> accepted = onVirtualThread(() -> {
            try (Channel channel = listener.accept()) {
                channel.secure();
                ByteBuffer target = ByteBuffer.allocate(1000);
                while (channel.read(target) >= 0) {
                    assertThat(target.position()).isLessThan(200);
                }
                return target.position();
            }
        });
        SSLEngine engine = new TlsTransport(new TcpTransport(), client).engine(true);
        try (Channel below = new TcpTransport().connect(listener.address())) {
            Channel channel = new TlsChannel(below, engine, new Turns(1), new Turns(1), () -> true);
            channel.secure();
            assertThatThrownBy(() -> {
                        for (int record = 0; record < 200; record++) {
                            engine.beginHandshake(); // which asks for a new key
                            channel.write(ByteBuffer.wrap(new byte[] {1}));
                        }
                        result(accepted);
                    })
                    .isInstanceOfAny(IOException.class, ExecutionException.class);
        }
        assertThatThrownBy(() -> result(accepted))
                .hasCauseInstanceOf(SSLException.class)
                .hasMessageContaining("TLS records without data");
    }

    /** One record holds thousands of such messages, and the engine sees to all before it says anything. */
    @Test
    void whoPacksManyKeyUpdatesIntoOneRecordIsCutOffAtOnce() throws Exception {
        FutureTask<Integer> accepted = onVirtualThread(() -> {
            try (Channel channel = listener.accept()) {
                channel.secure();
                return channel.read(ByteBuffer.allocate(1000));
            }
        });
        SSLEngine engine = new TlsTransport(new TcpTransport(), client).engine(true);
        try (Channel below = new TcpTransport().connect(listener.address())) {
            Channel channel = new TlsChannel(below, engine, new Turns(1), new Turns(1), () -> true);
            channel.secure();
            queueKeyUpdates(engine, 3000);
            channel.write(ByteBuffer.wrap(new byte[] {1}));
            assertThatThrownBy(() -> result(accepted))
                    .hasCauseInstanceOf(SSLException.class)
                    .hasMessageContaining("TLS records without data");
        }
    }

    /** No engine packs them by itself, since an honest one takes its new key after each: they are put where it gathers what leaves. */
    private static void queueKeyUpdates(SSLEngine engine, int count) throws ReflectiveOperationException {
        Object output = field(field(engine, "conContext"), "outputRecord");
        Method encode = output.getClass().getDeclaredMethod("encodeHandshake", byte[].class, int.class, int.class);
        encode.setAccessible(true);
        byte[] keyUpdate = {24, 0, 0, 1, 1};
        for (int message = 0; message < count; message++) {
            encode.invoke(output, keyUpdate, 0, keyUpdate.length);
        }
    }

    private static Object field(Object owner, String name) throws ReflectiveOperationException {
        Class<?> type = owner.getClass();
        while (true) {
            try {
                Field field = type.getDeclaredField(name);
                field.setAccessible(true);
                return field.get(owner);
            } catch (NoSuchFieldException inherited) {
                type = type.getSuperclass();
            }
        }
    }

    /** Waits while its class is being initialised, which holds the carrier on every JDK. */
    private static final class PinsOnPurpose {

        static final long WAITED = await();

        private static long await() {
            long nanos = LONG_PIN.multipliedBy(3).toNanos();
            LockSupport.parkNanos(nanos);
            return nanos;
        }

        static boolean load() {
            return WAITED > 0;
        }
    }

    @Test
    void bytesPassBothWaysAtOnceAndPinNoCarrier() throws Exception {
        bothEndsProveTheirKeys(); // loading classes pins
        AtomicLong pinned = new AtomicLong();
        CountDownLatch noticed = new CountDownLatch(1);
        try (RecordingStream recording = new RecordingStream()) {
            recording.enable("jdk.VirtualThreadPinned").withThreshold(LONG_PIN).withStackTrace();
            recording.onEvent("jdk.VirtualThreadPinned", event -> {
                if (event.toString().contains("PinsOnPurpose")) {
                    noticed.countDown();
                } else if (event.toString().contains("dev.atlas")) {
                    pinned.incrementAndGet();
                }
            });
            recording.startAsync();
            result(onVirtualThread(PinsOnPurpose::load));
            FutureTask<Boolean> accepted = onVirtualThread(() -> {
                try (Channel channel = listener.accept()) {
                    channel.secure();
                    return exchange(channel, 1, 2);
                }
            });
            FutureTask<Boolean> connected = onVirtualThread(() -> {
                try (Channel channel = new TlsTransport(new TcpTransport(), client).connect(listener.address())) {
                    channel.secure();
                    return exchange(channel, 2, 1);
                }
            });
            assertThat(result(connected)).isTrue();
            assertThat(result(accepted)).isTrue();
            recording.stop();
        }
        assertThat(noticed.getCount()).as("a pin is seen").isZero();
        assertThat(pinned).hasValue(0);
    }

    /** Sends one pseudo-random stream in pieces while it checks the other; true if that arrived unchanged. */
    private boolean exchange(Channel channel, int sent, int expected) throws Exception {
        FutureTask<Boolean> writing = onVirtualThread(() -> {
            byte[] bytes = new byte[BYTES];
            new Random(sent).nextBytes(bytes);
            Random sizes = new Random(7);
            for (int position = 0; position < BYTES; ) {
                int count = Math.min(1 + sizes.nextInt(100_000), BYTES - position);
                int first = sizes.nextInt(count + 1);
                channel.write(
                        ByteBuffer.wrap(bytes, position, first),
                        ByteBuffer.wrap(bytes, position + first, count - first));
                position += count;
            }
            return true;
        });
        byte[] arrived = new byte[BYTES];
        ByteBuffer target = ByteBuffer.wrap(arrived);
        Random room = new Random(9);
        while (target.position() < BYTES) {
            // Often less room than a record needs, and than a partial one announces.
            target.limit(Math.min(BYTES, target.position() + 1 + room.nextInt(40_000)));
            if (channel.read(target) < 0) {
                return false;
            }
        }
        byte[] wanted = new byte[BYTES];
        new Random(expected).nextBytes(wanted);
        return result(writing) && java.util.Arrays.equals(arrived, wanted);
    }
}
