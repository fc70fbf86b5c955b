package dev.atlas.replica.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.atlas.core.execution.ExecutionRequest;
import dev.atlas.core.types.Membership;
import dev.atlas.exec.executor.ExecutorFactory;
import dev.atlas.exec.executor.StateMachineExecutor;
import dev.atlas.exec.monolithic.SingleThreadedMonolithicExecutor;
import dev.atlas.exec.state.KeyValueStore;
import dev.atlas.net.connection.BlockingNetworkNode;
import dev.atlas.net.crypto.Ed25519Scheme;
import dev.atlas.net.crypto.SignatureScheme.KeyPair;
import dev.atlas.net.env.Environment;
import dev.atlas.net.env.ForwardingEnvironment;
import dev.atlas.net.env.SystemEnvironment;
import dev.atlas.net.handshake.LocalIdentity;
import dev.atlas.net.identity.NodeAddress;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.identity.StaticNetworkInformation;
import dev.atlas.net.stub.NetworkNode;
import dev.atlas.net.transport.InMemoryNetwork;
import dev.atlas.replica.config.DurabilityMode;
import dev.atlas.replica.config.ReplicaConfig;
import dev.atlas.replica.config.StartMode;
import dev.atlas.replica.storage.Genesis;
import dev.atlas.replica.storage.Inspect;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A start or an end that fails leaves nothing behind, and the next start has nothing to complain of. */
@Timeout(60)
class BootstrapTest {

    private static final ReplicaId SELF = new ReplicaId(0);

    @TempDir
    Path parent;

    private final Environment environment = SystemEnvironment.create("bootstrap-test", 1);
    private final Ed25519Scheme scheme = new Ed25519Scheme();
    private final List<KeyPair> keys = IntStream.range(0, 4)
            .mapToObj(number -> scheme.generate(environment.random()))
            .toList();
    private final AtomicInteger networksClosed = new AtomicInteger();

    @AfterEach
    void close() {
        environment.close();
    }

    private ReplicaConfig config(DurabilityMode mode) {
        List<Membership.Member> members = new ArrayList<>();
        for (int number = 0; number < keys.size(); number++) {
            members.add(new Membership.Member(
                    new ReplicaId(number), keys.get(number).publicKey()));
        }
        return ReplicaConfig.of(
                        "bootstrap",
                        SELF,
                        new Membership(0, members),
                        new StaticNetworkInformation(List.of()),
                        scheme,
                        keys.getFirst(),
                        List.of(new NodeAddress("localhost", 0)),
                        StartMode.LEARNER)
                .withDurability(mode, parent.resolve("replica"));
    }

    private static ExecutorFactory working() {
        return SingleThreadedMonolithicExecutor.of(new KeyValueStore());
    }

    private static ExecutorFactory failing(Throwable failure) {
        return (environment, sessions, membershipDigest, replier, listener) -> {
            if (failure instanceof Error error) {
                throw error;
            }
            throw (RuntimeException) failure;
        };
    }

    private String statusOnDisk() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream print = new PrintStream(out, true, StandardCharsets.UTF_8);
        int exit = Inspect.run(parent.resolve("replica"), print, print);
        assertThat(exit).as(out.toString(StandardCharsets.UTF_8)).isZero();
        return out.toString(StandardCharsets.UTF_8)
                .lines()
                .filter(line -> line.startsWith("status"))
                .findFirst()
                .orElseThrow();
    }

    /** Of an environment of the replica's own. */
    private static void assertThreadsEnd() throws InterruptedException {
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            if (thread.getName().startsWith(SELF + "-")) {
                assertThat(thread.join(Duration.ofSeconds(10)))
                        .as(thread.getName())
                        .isTrue();
            }
        }
    }

    /** An operator starts the release with the defect, and then the one with the fix, perhaps in the same process. */
    @ParameterizedTest
    @EnumSource(
            value = DurabilityMode.class,
            names = {"STRICT", "OPTIMISTIC"})
    void afterAStartThatTheApplicationFailedAReplicaThatWasClosedInOrderStillVotes(DurabilityMode mode)
            throws Exception {
        ReplicaConfig config = config(mode);
        Genesis.create(parent.resolve("replica"), config);
        MonolithicReplica.bootstrap(config, working()).close();
        for (Throwable failure : List.of(new IllegalStateException("no such table"), new StackOverflowError())) {
            assertThatThrownBy(() -> MonolithicReplica.bootstrap(config, failing(failure)))
                    .isSameAs(failure)
                    .hasNoSuppressedExceptions();
            assertThreadsEnd();
            assertThat(statusOnDisk()).contains("voter: all it has said is here");
        }
        try (MonolithicReplica replica = MonolithicReplica.bootstrap(config, working())) {
            assertThat(replica.status().orchestrator().ordering().learner()).isFalse();
        }
    }

    @Test
    void aNetworkThatWasGivenIsClosedIfTheReplicaIsNotMade() {
        RuntimeException failure = new IllegalStateException("no such table");
        assertThatThrownBy(() -> MonolithicReplica.bootstrap(
                        config(DurabilityMode.STRICT), failing(failure), environment, network(() -> {})))
                .isSameAs(failure);
        assertThat(networksClosed).hasValue(1);
        assertThat(statusOnDisk()).contains("learner");
    }

    @Test
    void aReplicaWhoseStartEndsInAnErrorIsClosed() {
        Error failure = new AssertionError("expected by the test");
        assertThatThrownBy(() -> MonolithicReplica.bootstrap(
                        config(DurabilityMode.STRICT), working(), environment, network(() -> {
                            throw failure;
                        })))
                .isSameAs(failure);
        assertThat(networksClosed).hasValue(1);
        assertThat(statusOnDisk()).contains("learner");
    }

    @Test
    void whatCannotBeClosedKeepsNothingElseOpen() throws Exception {
        RuntimeException failure = new IllegalStateException("expected by the test");
        ReplicaConfig config = config(DurabilityMode.STRICT);
        MonolithicReplica replica =
                MonolithicReplica.bootstrap(config, working(), environment, network(() -> {}, () -> {
                    throw failure;
                }));
        assertThatThrownBy(replica::close).isSameAs(failure).hasNoSuppressedExceptions();
        replica.run();
        assertThat(statusOnDisk()).as("its directory is free again").contains("learner");
    }

    /** Whoever meant it for something else: without this thread the replica would only seem to run. */
    @ParameterizedTest
    @ValueSource(strings = {"replica-decisions", "replica-orchestrator"})
    void aReplicaWhoseThreadIsInterruptedBeforeItIsClosedFails(String name) throws Exception {
        CompletableFuture<Thread> thread = new CompletableFuture<>();
        Environment watched = new ForwardingEnvironment(environment) {
            @Override
            public ThreadFactory virtualThreads(String named) {
                ThreadFactory threads = super.virtualThreads(named);
                return task -> {
                    Thread made = threads.newThread(task);
                    if (named.equals(name)) {
                        thread.complete(made);
                    }
                    return made;
                };
            }
        };
        try (MonolithicReplica replica =
                MonolithicReplica.bootstrap(config(DurabilityMode.STRICT), working(), watched, network(() -> {}))) {
            thread.get().interrupt();
            assertThatThrownBy(replica::run)
                    .isInstanceOf(ReplicaFailure.class)
                    .hasRootCauseInstanceOf(InterruptedException.class);
        }
    }

    /** The executor ends before it comes to the question, and the replica's timers end with the replica. */
    @Test
    void whoAsksAReplicaThatFailsMeanwhileIsToldSo() throws Exception {
        CompletableFuture<StateMachineExecutor<?, ?, ?>> executor = new CompletableFuture<>();
        ExecutorFactory kept = (its, sessions, membershipDigest, replier, listener) -> {
            executor.complete(working().start(its, sessions, membershipDigest, replier, listener));
            return executor.join();
        };
        CountDownLatch asked = new CountDownLatch(1);
        try (MonolithicReplica replica = MonolithicReplica.bootstrap(config(DurabilityMode.STRICT), kept)) {
            executor.join().offer(new ExecutionRequest.CatchUp(List.of(), () -> {
                await(asked);
                throw new AssertionError("expected by the test");
            }));
            CompletableFuture<Throwable> told = new CompletableFuture<>();
            Thread asking = Thread.ofVirtual().start(() -> told.complete(catchThrowable(replica::status)));
            while (asking.getState() != Thread.State.WAITING) {
                Thread.onSpinWait();
            }
            asked.countDown();
            assertThat(told.get(20, TimeUnit.SECONDS))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("closed");
            assertThatThrownBy(replica::run).isInstanceOf(ReplicaFailure.class);
            assertThatThrownBy(replica::status)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("closed");
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
    }

    private NetworkNode network(Runnable start) {
        return network(start, () -> {});
    }

    /** That does something else before it starts, and when it is closed. */
    private NetworkNode network(Runnable start, Runnable closed) {
        NetworkNode real = new BlockingNetworkNode(
                environment,
                new InMemoryNetwork().transport("localhost"),
                LocalIdentity.replica("bootstrap", SELF, scheme, keys.getFirst()),
                new StaticNetworkInformation(List.of()),
                config(DurabilityMode.NONE).network(),
                List.of());
        return (NetworkNode) Proxy.newProxyInstance(
                NetworkNode.class.getClassLoader(), new Class<?>[] {NetworkNode.class}, (self, method, arguments) -> {
                    if (method.getName().equals("start")) {
                        start.run();
                    } else if (method.getName().equals("close")) {
                        networksClosed.incrementAndGet();
                    }
                    try {
                        Object result = method.invoke(real, arguments);
                        if (method.getName().equals("close")) {
                            closed.run();
                        }
                        return result;
                    } catch (InvocationTargetException thrown) {
                        throw thrown.getCause();
                    }
                });
    }
}
