package dev.atlas.replica.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.DivisibleState;
import dev.atlas.core.crypto.Chain;
import dev.atlas.core.execution.CheckpointSnapshot;
import dev.atlas.core.execution.DecidedBatch;
import dev.atlas.core.execution.StateDescriptor;
import dev.atlas.core.message.Batch;
import dev.atlas.core.message.Batches;
import dev.atlas.core.message.Request;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.ordering.LogRecord;
import dev.atlas.core.ordering.pbft.PbftConfig;
import dev.atlas.core.ordering.pbft.Start;
import dev.atlas.core.types.SessionId;
import dev.atlas.core.wire.BundleCodec;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.crypto.Ed25519Scheme;
import dev.atlas.net.crypto.Hasher;
import dev.atlas.net.crypto.PublicKey;
import dev.atlas.net.crypto.SignatureScheme.KeyPair;
import dev.atlas.net.env.DedicatedThread;
import dev.atlas.net.env.Environment;
import dev.atlas.net.env.ForwardingEnvironment;
import dev.atlas.net.env.Timers;
import dev.atlas.net.identity.ClientId;
import dev.atlas.replica.Events;
import dev.atlas.replica.config.DurabilityMode;
import dev.atlas.replica.metrics.RecoveryEvent;
import dev.atlas.replica.metrics.StateStoredEvent;
import dev.atlas.replica.metrics.StorageFailureEvent;
import dev.atlas.replica.metrics.StorageWriteEvent;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.PriorityBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import jdk.jfr.consumer.RecordedEvent;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is written, when it counts, and what a restart makes of it. */
@Timeout(60)
class DurableLogTest {

    private final Fixture fixture = new Fixture();
    private final MemoryDisk disk = new MemoryDisk();

    @AfterEach
    void close() {
        fixture.close();
    }

    private static Start.Recovered start(DurableLog log) {
        return (Start.Recovered) log.takeRemembered().start();
    }

    private static LogRecord prepared(long sequence) {
        return new LogRecord.Prepared(3, sequence, Hasher.hash(new byte[] {(byte) sequence}));
    }

    private static void await(CountDownLatch latch) throws InterruptedException {
        assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
    }

    private static Runnable blocked(CountDownLatch until) {
        return () -> {
            try {
                await(until);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        };
    }

    /** Returns when everything that was asked before is written. */
    private static void settle(DurableLog log) throws InterruptedException {
        CountDownLatch written = new CountDownLatch(1);
        log.append(List.of(), List.of(), written::countDown);
        await(written);
    }

    @Test
    void withoutMarkerAndWithoutDataAReplicaIsALearner() throws Exception {
        DurableLog log = fixture.open(disk);
        Start.Recovered start = start(log);
        assertThat(start.votes()).isFalse();
        assertThat(start.head()).isZero();
        assertThat(log.state()).isEmpty();
        log.close();
        DurableLog again = fixture.open(disk);
        assertThat(start(again).votes()).isFalse();
        again.close();
    }

    /** With all their bodies the retained decisions are large, and whoever takes them keeps what it needs. */
    @Test
    void whatIsRememberedIsHandedOverOnceAndNotKept() throws Exception {
        DurableLog log = fixture.open(disk);
        log.takeRemembered();
        assertThatThrownBy(log::takeRemembered).isInstanceOf(IllegalStateException.class);
        log.close();
    }

    @Test
    void theGenesisMarkerIsConsumedInASyncedWriteBeforeAnythingElse() throws Exception {
        Genesis.create(disk, fixture.config(DurabilityMode.STRICT));
        fixture.open(disk).close();
        assertThat(disk.writes()).isEqualTo(2);
        assertThat(disk.isSynced(2)).isTrue();
        assertThat(Identity.decode(disk.after(2).contents().get(Key.IDENTITY.only()))
                        .status())
                .isEqualTo(Identity.Status.VOTER);
        assertThatThrownBy(() -> Genesis.create(disk, fixture.config(DurabilityMode.STRICT)))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("already");
    }

    @Test
    void aRecordCompletesInOrderAndAfterTheSyncedWriteThatHoldsIt() throws Exception {
        Genesis.create(disk, fixture.config(DurabilityMode.STRICT));
        DurableLog log = fixture.open(disk);
        CountDownLatch done = new CountDownLatch(50);
        int[] last = {0};
        for (int sequence = 1; sequence <= 50; sequence++) {
            int mine = sequence;
            log.append(List.of(prepared(sequence)), List.of(), () -> {
                assertThat(disk.contents()).containsKey(Key.PREPARED.at(mine));
                assertThat(disk.isSynced(disk.writes())).isTrue();
                assertThat(mine).isEqualTo(++last[0]);
                done.countDown();
            });
        }
        await(done);
        log.close();
        DurableLog again = fixture.open(disk);
        assertThat(start(again).records()).containsAll(List.of(prepared(1), prepared(50)));
        again.close();
    }

    @Test
    void whatWaitsForTheDiskGoesIntoOneWrite() throws Exception {
        Genesis.create(disk, fixture.config(DurabilityMode.STRICT));
        DurableLog log = fixture.open(disk);
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch done = new CountDownLatch(100);
        int before = disk.writes();
        disk.beforeWrite(blocked(release));
        for (int sequence = 1; sequence <= 100; sequence++) {
            log.append(List.of(prepared(sequence)), List.of(), done::countDown);
        }
        release.countDown();
        await(done);
        assertThat(disk.writes() - before).isLessThanOrEqualTo(2);
        log.close();
    }

    @ParameterizedTest
    @EnumSource(
            value = DurabilityMode.class,
            names = {"STRICT", "OPTIMISTIC"})
    void aFailedWriteIsTheEndAndIsNotTriedAgain(DurabilityMode mode) throws Exception {
        Genesis.create(disk, fixture.config(mode));
        DurableLog log = fixture.open(disk, mode);
        disk.fail("No space left on device");
        int before = disk.writes();
        CountDownLatch completed = new CountDownLatch(1);
        log.checkpoint(Optional.empty(), () -> {});
        log.append(List.of(prepared(1)), List.of(), mode == DurabilityMode.STRICT ? completed::countDown : () -> {});
        assertThat(fixture.failure.get(30, TimeUnit.SECONDS)).hasMessageContaining("No space left on device");
        for (DecidedBatch batch : Fixture.decisions(1, 3)) {
            log.decided(batch); // does not block
        }
        log.append(List.of(prepared(2)), List.of(), mode == DurabilityMode.STRICT ? completed::countDown : () -> {});
        log.close();
        assertThat(completed.getCount()).isEqualTo(1);
        assertThat(disk.writes()).isEqualTo(before);
    }

    @Test
    void aFailedDiskIsFoundWhenAReplicaStarts() throws Exception {
        Genesis.create(disk, fixture.config(DurabilityMode.STRICT));
        disk.fail("Input/output error");
        String before = disk.text();
        assertThatThrownBy(() -> fixture.open(disk))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("Input/output error");
        assertThat(disk.text()).isEqualTo(before);
    }

    /** The finish rule: execution goes on at the first sequence number after the state that the log covers. */
    @ParameterizedTest(name = "state at {0}, decisions {1} to {2}: {3}")
    @CsvSource({
        "0, 1, 0, 0, nothing anywhere",
        "0, 1, 8, 8, no state yet",
        "8, 1, 8, 8, state at the last of the log",
        "4, 1, 8, 8, state within the log",
        "8, 9, 8, 8, a fresh checkpoint with nothing after it",
        "8, 9, 12, 12, state just before the first of the log",
        "4, 9, 12, 4, a log that does not reach back to the state",
        "20, 1, 8, 20, state beyond the log",
    })
    void executionGoesOnWhereStateAndLogEnd(int stateAt, int first, int last, int head) throws Exception {
        DurableLog log = fixture.open(disk);
        for (DecidedBatch batch : Fixture.decisions(first, last)) {
            log.decided(batch);
        }
        if (stateAt > 0) {
            log.installed(Fixture.state(stateAt, "a", "b"));
        }
        CountDownLatch stored = new CountDownLatch(1);
        log.checkpoint(Optional.empty(), stored::countDown);
        await(stored);
        log.close();

        DurableLog again = fixture.open(disk);
        Start.Recovered start = start(again);
        assertThat(start.head()).isEqualTo(head);
        assertThat(start.chain()).isEqualTo(Fixture.chain(head));
        assertThat(start.executed()).isEqualTo(stateAt);
        assertThat(again.state().map(StateDescriptor::sequence).orElse(0L)).isEqualTo(stateAt);
        List<DecidedBatch> toExecute = again.decisions(stateAt + 1L, 100);
        assertThat(toExecute).extracting(DecidedBatch::sequence).hasSize(head - stateAt);
        again.close();
    }

    /** They are all in memory at once. */
    @Test
    void noMoreLargeDecisionsAreReadTogetherThanHaveRoom() throws Exception {
        KeyPair client = new Ed25519Scheme().generate(fixture.environment.random());
        Request request =
                new Request(Request.Kind.ORDERED, new SessionId(1, 0), 1, ByteString.copyFrom(new byte[3 << 20]));
        RequestBundle bundle = new BundleCodec(Fixture.CLUSTER).seal(client, List.of(request), List.of());
        DurableLog log = fixture.open(disk);
        for (int sequence = 1; sequence <= 4; sequence++) {
            Batch batch = Batches.of(sequence, List.of(bundle.digest()));
            log.decided(new DecidedBatch(0, sequence, batch, List.of(bundle), Digest.ZERO));
        }
        settle(log);
        assertThat(log.decisions(1, 100))
                .as("9 MiB and not 6")
                .extracting(DecidedBatch::sequence)
                .containsExactly(1L, 2L, 3L);
        assertThat(log.decisions(4, 100)).extracting(DecidedBatch::sequence).containsExactly(4L);
        log.close();
    }

    @Test
    void aDecisionThatBreaksTheChainIsDamage() throws Exception {
        DurableLog log = fixture.open(disk);
        log.decided(Fixture.decisions(1, 1).getFirst());
        DecidedBatch second = Fixture.decisions(2, 2).getFirst();
        log.decided(new DecidedBatch(0, 2, second.batch(), List.of(), Digest.ZERO));
        settle(log);
        log.close();
        String before = disk.text();
        assertThatThrownBy(() -> fixture.open(disk)).hasMessageContaining("breaks the chain");
        assertThat(disk.text()).isEqualTo(before);
    }

    @Test
    void onlyDirtyPartsAreWrittenAndTheOldOnesGoAfterTheSwitch() throws Exception {
        DurableLog log = fixture.open(disk);
        CheckpointSnapshot first = Fixture.state(4, "same", "old", "gone");
        CheckpointSnapshot second = Fixture.state(8, "same", "new");
        log.installed(first);
        settleState(log);
        int before = disk.writes();
        log.installed(second);
        settleState(log);
        rest(log);
        List<byte[]> written = disk.changes().subList(before, disk.writes()).stream()
                .flatMap(changes -> changes.all().stream())
                .filter(change -> change.value().isPresent()
                        && change.key()[0] == Key.STATE_PART.only()[0])
                .map(Changes.Change::key)
                .toList();
        assertThat(written).hasSize(2); // "new" and the sessions
        assertThat(disk.contents().keySet().stream()
                        .filter(key -> key[0] == Key.STATE_PART.only()[0]))
                .hasSize(3);
        log.close();
    }

    @Test
    void newPartsLieBehindAllThatWereEverWritten() throws Exception {
        DurableLog log = fixture.open(disk);
        log.installed(Fixture.state(4, "f", "a", "d", "b"));
        settleState(log);
        log.installed(Fixture.state(8, "d", "e", "c"));
        settleState(log);
        log.close();
        DurableLog again = fixture.open(disk);
        again.installed(Fixture.state(12, "d", "a", "g"));
        settleState(again);
        again.close();
        List<byte[]> written = disk.changes().stream()
                .flatMap(changes -> changes.all().stream())
                .filter(change -> change.value().isPresent()
                        && change.key()[0] == Key.STATE_PART.only()[0])
                .map(Changes.Change::key)
                .toList();
        assertThat(written).hasSizeGreaterThan(8).isSortedAccordingTo(Arrays::compareUnsigned);
        DurableLog last = fixture.open(disk);
        assertThat(last.state().orElseThrow().sequence()).isEqualTo(12);
        last.close();
    }

    @Test
    void afterEachWriteOneStateIsThereAsAWhole() throws Exception {
        DurableLog log = fixture.open(disk);
        CheckpointSnapshot first = Fixture.state(4, "same", "old", "gone");
        CheckpointSnapshot second = Fixture.state(8, "same", "new");
        log.installed(first);
        settleState(log);
        int stored = disk.writes();
        log.installed(second);
        settleState(log);
        rest(log);
        log.close();
        for (int write = 1; write <= disk.writes(); write++) {
            DurableLog after = fixture.open(disk.after(write));
            Optional<StateDescriptor> found = after.state();
            if (write >= stored) {
                assertThat(found).isPresent();
            }
            if (found.isPresent()) {
                CheckpointSnapshot whole = found.get().sequence() == 8 ? second : first;
                assertThat(found.get()).isEqualTo(whole.descriptor());
                for (int index = 0; index < found.get().parts().size(); index++) {
                    assertThat(after.part(index)).isEqualTo(whole.part(index).bytes());
                }
            }
            after.close();
        }
    }

    /** A write with tens of thousands of them would hold up votes. */
    @ParameterizedTest
    @EnumSource(
            value = DurabilityMode.class,
            names = {"STRICT", "OPTIMISTIC"})
    void thePartsOfALargeStateAreDeletedSomeAtATimeAfterTheSwitchAndByARestartInBetween(DurabilityMode mode)
            throws Exception {
        DurableLog log = fixture.open(disk, mode);
        log.installed(Fixture.state(
                4, IntStream.range(0, 20_000).mapToObj(Integer::toString).toArray(String[]::new)));
        settleState(log);
        log.installed(Fixture.state(8, "new"));
        settleState(log);
        rest(log);
        log.close();
        assertThat(parts(disk)).isEqualTo(2);
        List<Integer> deleting = IntStream.rangeClosed(1, disk.writes())
                .filter(write -> deletions(disk.changes().get(write - 1)) > 0)
                .boxed()
                .toList();
        assertThat(deleting).hasSizeGreaterThan(2);
        assertThat(deleting)
                .allSatisfy(write ->
                        assertThat(deletions(disk.changes().get(write - 1))).isLessThan(10_000));
        assertThat(mode == DurabilityMode.STRICT || disk.isSyncedBefore(deleting.getFirst()))
                .as("the switch cannot be lost when they are not there any more")
                .isTrue();
        for (int write : deleting) {
            MemoryDisk left = disk.after(write);
            DurableLog again = fixture.open(left, mode);
            assertThat(again.state().orElseThrow().sequence()).isEqualTo(8);
            assertThat(again.part(0)).isEqualTo(ByteString.copyFromUtf8("new"));
            again.close();
            assertThat(parts(left)).isEqualTo(2);
        }
    }

    private static long parts(MemoryDisk disk) {
        return disk.contents().keySet().stream()
                .filter(key -> Key.kind(key).equals(Optional.of(Key.STATE_PART)))
                .count();
    }

    private static long deletions(Changes changes) {
        return changes.all().stream().filter(change -> change.value().isEmpty()).count();
    }

    /** Under an interrupted thread the journal's file closes itself. */
    @Test
    void anInterruptThatTheApplicationLeavesBehindDoesNotReachTheDisk() throws Exception {
        DurableLog log = fixture.open(disk);
        disk.beforeWrite(() -> {
            if (Thread.currentThread().isInterrupted()) {
                disk.fail("closed by an interrupt");
            }
        });
        log.installed(writtenBy(() -> Thread.currentThread().interrupt()));
        settleState(log);
        log.close();
        assertThat(fixture.failure).isNotDone();
        assertThat(disk.contents()).containsKey(Key.STATE.only());
    }

    @Test
    void anApplicationThatCannotWriteItsStateIsNamedAsTheCause() throws Exception {
        RuntimeException thrown = new UnsupportedOperationException("expected by the test");
        DurableLog log = fixture.open(disk);
        log.installed(writtenBy(() -> {
            throw thrown;
        }));
        assertThat(fixture.failure.get(30, TimeUnit.SECONDS))
                .hasMessageContaining("the application has failed to write part 0 of its state at 4")
                .hasCause(thrown);
        log.close();
    }

    /** A state whose parts are written by an application that does something else, too. */
    private static CheckpointSnapshot writtenBy(Runnable application) {
        CheckpointSnapshot plain = Fixture.state(4, "a");
        return new CheckpointSnapshot() {
            @Override
            public StateDescriptor descriptor() {
                return plain.descriptor();
            }

            @Override
            public DivisibleState.Part part(int index) {
                return new DivisibleState.Part() {
                    @Override
                    public DivisibleState.PartDescriptor descriptor() {
                        return plain.descriptor().parts().get(index);
                    }

                    @Override
                    public ByteString bytes() {
                        application.run();
                        return plain.part(index).bytes();
                    }
                };
            }
        };
    }

    @Test
    void writesRecoveriesStoredStatesAndFailuresAreEvents() throws Exception {
        Map<String, RecordedEvent> found = new TreeMap<>();
        Events.of(
                        Set.of(
                                StorageWriteEvent.class,
                                StateStoredEvent.class,
                                RecoveryEvent.class,
                                StorageFailureEvent.class),
                        () -> {
                            DurableLog log = fixture.open(disk);
                            log.installed(Fixture.state(4, "same", "other"));
                            settleState(log);
                            disk.fail("No space left on device");
                            log.append(List.of(prepared(5)), List.of(), () -> {});
                            fixture.failure.get(30, TimeUnit.SECONDS);
                            log.close();
                        })
                .forEach(event -> found.put(event.getEventType().getName(), event));
        assertThat(found)
                .containsOnlyKeys("atlas.StorageWrite", "atlas.StateStored", "atlas.Recovery", "atlas.StorageFailure");
        assertThat(found.get("atlas.StateStored"))
                .satisfies(event -> assertThat(event.getLong("sequence")).isEqualTo(4))
                .satisfies(event -> assertThat(event.getInt("parts")).isEqualTo(3));
        assertThat(found.get("atlas.StorageFailure").getString("cause")).contains("No space left");
    }

    /** As when a large state is stored at last: millions of slots would make a write for which votes wait for seconds. */
    @Test
    void noWriteForgetsAllThatAStoredStateCoversAndARestartInBetweenGoesOn() throws Exception {
        int last = Contents.FORGOTTEN_AT_ONCE + 4000;
        PbftConfig ordering = fixture.config(DurabilityMode.STRICT).ordering();
        long needless = last - ordering.window() - ordering.logRetention();
        assertThat(needless).isGreaterThan(Contents.FORGOTTEN_AT_ONCE);
        DurableLog log = fixture.open(disk);
        Digest chain = Digest.ZERO;
        for (int sequence = 1; sequence <= last; sequence++) {
            Batch batch = Batches.of(sequence, List.of());
            chain = Chain.next(chain, sequence, batch.digest());
            log.decided(new DecidedBatch(0, sequence, batch, List.of(), chain));
        }
        log.append(List.of(fixture.stable(Fixture.state(last, "a"))), List.of(), () -> {});
        log.installed(Fixture.state(last, "a"));
        settleState(log);
        log.close();
        assertThat(decided(disk).getFirst()).isEqualTo(Contents.FORGOTTEN_AT_ONCE + 1L);
        assertThat(disk.changes())
                .allSatisfy(changes -> assertThat(changes.all().stream()
                                .filter(change -> change.value().isEmpty()))
                        .hasSizeLessThanOrEqualTo(2 * Contents.FORGOTTEN_AT_ONCE));

        DurableLog again = fixture.open(disk);
        Start.Recovered start = start(again);
        assertThat(start.executed()).isEqualTo(last);
        assertThat(start.head()).isEqualTo(last);
        assertThat(start.decisions()).hasSize((int) (last - needless));
        assertThat(again.decisions(last + 1L, 1)).isEmpty();
        again.append(List.of(fixture.stable(Fixture.state(last + 1, "a"))), List.of(), () -> {});
        settle(again);
        again.close();
        assertThat(decided(disk).getFirst()).isEqualTo(needless + 2);
    }

    private static List<Long> decided(MemoryDisk disk) {
        return disk.contents().keySet().stream()
                .filter(key -> Key.kind(key).equals(Optional.of(Key.DECIDED)))
                .map(Key::sequence)
                .toList();
    }

    @Test
    void whatWasVotedBeforeARestartIsPrunedByTheNextStableCheckpoint() throws Exception {
        Genesis.create(disk, fixture.config(DurabilityMode.STRICT));
        DurableLog log = fixture.open(disk);
        log.append(List.of(fixture.stable(Fixture.state(4, "a"))), List.of(), () -> {});
        for (int sequence = 5; sequence <= 9; sequence++) {
            Batch batch = Batches.of(sequence, List.of());
            log.append(List.of(new LogRecord.PrePrepared(0, sequence, batch), prepared(sequence)), List.of(), () -> {});
        }
        settle(log);
        log.close();
        DurableLog again = fixture.open(disk);
        again.append(List.of(fixture.stable(Fixture.state(8, "a"))), List.of(), () -> {});
        settle(again);
        again.close();
        for (Key kind : List.of(Key.PRE_PREPARED, Key.PREPARED, Key.BATCH)) {
            assertThat(disk.contents().keySet().stream()
                            .filter(key -> Key.kind(key).equals(Optional.of(kind)))
                            .map(Key::sequence))
                    .containsExactly(9L);
        }
    }

    /** After a failure of all replicas, nobody could give the last state that can be proved to one that lacks it. */
    @Test
    void aStateTakesThePlaceOfTheStoredOneOnlyOnceItsCheckpointIsStable() throws Exception {
        DurableLog log = fixture.open(disk);
        for (DecidedBatch batch : Fixture.decisions(1, 12)) {
            log.decided(batch);
        }
        log.checkpoint(Optional.of(Fixture.state(4, "a")), () -> {});
        rest(log);
        assertThat(disk.contents()).doesNotContainKey(Key.STATE.only());
        log.append(List.of(fixture.stable(Fixture.state(4, "a"))), List.of(), () -> {});
        rest(log);
        assertThat(disk.contents()).containsKey(Key.STATE.only());
        log.checkpoint(Optional.of(Fixture.state(8, "b")), () -> {});
        log.checkpoint(Optional.of(Fixture.state(12, "c")), () -> {});
        rest(log);
        log.close();

        DurableLog again = fixture.open(disk);
        assertThat(again.state()).contains(Fixture.state(4, "a").descriptor());
        again.checkpoint(Optional.of(Fixture.state(8, "b")), () -> {});
        again.checkpoint(Optional.of(Fixture.state(12, "c")), () -> {});
        again.append(List.of(fixture.stable(Fixture.state(8, "b"))), List.of(), () -> {});
        rest(again);
        again.close();
        DurableLog last = fixture.open(disk);
        assertThat(last.state()).contains(Fixture.state(8, "b").descriptor());
        last.close();
    }

    /** Returns when the storage thread has no group left to write and no state to store: between two reads it has a turn, and needs few. */
    private static void rest(DurableLog log) {
        for (int turn = 0; turn < 10; turn++) {
            log.decisions(1, 1);
        }
    }

    /** The last good state is what a replica that went wrong can still go on from. */
    @ParameterizedTest(name = "offered before it is certified: {0}")
    @ValueSource(booleans = {true, false})
    void aStateThatIsNotTheCertifiedOneDoesNotTakeThePlaceOfTheStoredOne(boolean isOfferedFirst) throws Exception {
        DurableLog log = fixture.open(disk);
        log.installed(Fixture.state(4, "good"));
        settleState(log);
        for (DecidedBatch batch : Fixture.decisions(5, 12)) {
            log.decided(batch);
        }
        rest(log); // there is enough in the log for another state
        if (isOfferedFirst) {
            log.checkpoint(Optional.of(Fixture.state(8, "wrong")), () -> {});
        }
        log.append(List.of(fixture.stable(Fixture.state(8, "good"))), List.of(), () -> {});
        log.append(List.of(fixture.stable(Fixture.state(12, "good"))), List.of(), () -> {});
        if (!isOfferedFirst) {
            log.checkpoint(Optional.of(Fixture.state(8, "wrong")), () -> {});
        }
        rest(log);
        log.close();
        DurableLog again = fixture.open(disk);
        assertThat(again.state()).contains(Fixture.state(4, "good").descriptor());
        again.checkpoint(Optional.of(Fixture.state(12, "wrong again")), () -> {});
        rest(again);
        again.close();
        DurableLog last = fixture.open(disk);
        assertThat(last.state()).contains(Fixture.state(4, "good").descriptor());
        last.close();
    }

    @Test
    void aFetchedStateTakesThePlaceOfAllThatLedToThoseOffered() throws Exception {
        DurableLog log = fixture.open(disk);
        log.checkpoint(Optional.of(Fixture.state(12, "wrong")), () -> {});
        log.installed(Fixture.state(8, "good"));
        settleState(log);
        for (DecidedBatch batch : Fixture.decisions(9, 16)) {
            log.decided(batch);
        }
        rest(log); // there is enough in the log for another state
        log.append(List.of(fixture.stable(Fixture.state(16, "good"))), List.of(), () -> {});
        rest(log);
        log.close();
        DurableLog again = fixture.open(disk);
        assertThat(again.state()).contains(Fixture.state(8, "good").descriptor());
        again.close();
    }

    /** Under load whatever has become durable brings the next, and the thread finds something to write whenever it looks. */
    @Test
    void aStateIsStoredThoughThereIsAlwaysSomethingElseToWrite() throws Exception {
        DurableLog log = fixture.open(disk);
        CountDownLatch over = new CountDownLatch(1);
        AtomicInteger written = new AtomicInteger();
        Runnable more = new Runnable() {
            @Override
            public void run() {
                if (disk.contents().containsKey(Key.STATE.only()) || written.incrementAndGet() == 1000) {
                    over.countDown();
                } else {
                    log.append(List.of(prepared(5)), List.of(), this);
                }
            }
        };
        for (DecidedBatch batch : Fixture.decisions(1, 4)) {
            log.decided(batch);
        }
        CountDownLatch allIsAsked = new CountDownLatch(1);
        disk.beforeWrite(blocked(allIsAsked));
        more.run();
        log.checkpoint(Optional.of(Fixture.state(4, "a")), () -> {});
        log.append(List.of(fixture.stable(Fixture.state(4, "a"))), List.of(), () -> {});
        allIsAsked.countDown();
        await(over);
        assertThat(written).hasValueLessThan(1000);
        log.close();
    }

    /** As a replica does that starts among others at work: it is given the decisions that it missed while it reads its own. */
    @Test
    void aReadHasItsTurnThoughThereIsAlwaysSomethingElseToWrite() throws Exception {
        DurableLog log = fixture.open(disk);
        log.decided(Fixture.decisions(1, 1).getFirst());
        settle(log);
        int reads = disk.reads();
        CompletableFuture<Integer> found = new CompletableFuture<>();
        Thread reader = new Thread(() -> found.complete(log.decisions(1, 1).size()));
        CountDownLatch over = new CountDownLatch(1);
        AtomicInteger written = new AtomicInteger();
        Runnable more = new Runnable() {
            @Override
            public void run() {
                if (written.incrementAndGet() == 1) {
                    reader.start();
                    awaitParked(reader);
                }
                if (disk.reads() > reads || written.get() == 1000) {
                    over.countDown();
                } else {
                    log.append(List.of(prepared(5)), List.of(), this);
                }
            }
        };
        log.append(List.of(prepared(5)), List.of(), more);
        await(over);
        assertThat(found.get(30, TimeUnit.SECONDS)).isEqualTo(1);
        assertThat(written).hasValueLessThan(1000);
        log.close();
    }

    @Test
    void whatIsQueuedWhenTheLogIsClosedIsWrittenFirst() throws Exception {
        Genesis.create(disk, fixture.config(DurabilityMode.OPTIMISTIC));
        DurableLog log = fixture.open(disk, DurabilityMode.OPTIMISTIC);
        CountDownLatch release = new CountDownLatch(1);
        disk.beforeWrite(blocked(release));
        int many = 10_000; // some groups
        for (int sequence = 1; sequence <= many; sequence++) {
            log.append(List.of(prepared(sequence)), List.of(), () -> {});
        }
        Thread closer = new Thread(log::close);
        closer.start();
        awaitParked(closer);
        release.countDown();
        closer.join();
        assertThat(disk.contents()).containsKeys(Key.PREPARED.at(1), Key.PREPARED.at(many));
        assertThat(Identity.decode(disk.changes()
                                .getLast()
                                .all()
                                .getFirst()
                                .value()
                                .orElseThrow())
                        .status())
                .isEqualTo(Identity.Status.VOTER);
    }

    /** Its cluster may order more than its disk takes: what is not written yet would fill its memory. */
    @ParameterizedTest(name = "batches of {0} bundles of {1} bytes")
    @CsvSource({"1, 2097152", "65536, 0"})
    void aReplicaThatWritesBehindVotesInOrderAndAsSlowlyAsItsDiskWrites(int count, int bytes) throws Exception {
        Genesis.create(disk, fixture.config(DurabilityMode.OPTIMISTIC));
        DurableLog log = fixture.open(disk, DurabilityMode.OPTIMISTIC);
        CountDownLatch release = new CountDownLatch(1);
        disk.beforeWrite(blocked(release));
        RequestBundle bundle = bundle(bytes);
        LogRecord record = new LogRecord.PrePrepared(0, 1, Batches.of(1, Collections.nCopies(count, bundle.digest())));
        CountDownLatch done = new CountDownLatch(101);
        List<Integer> completed = Collections.synchronizedList(new ArrayList<>());
        for (int number = 1; number <= 100; number++) {
            int mine = number;
            log.append(List.of(record), Collections.nCopies(count, bundle), () -> {
                if (mine == 100) {
                    log.append(List.of(), List.of(), () -> {
                        completed.add(101); // behind the one before, though there is room by now
                        done.countDown();
                    });
                }
                completed.add(mine);
                done.countDown();
            });
        }
        assertThat(completed).as("of 2 MiB each").hasSizeBetween(31, 42);
        release.countDown();
        await(done);
        assertThat(completed).isEqualTo(IntStream.rangeClosed(1, 101).boxed().toList());
        rest(log);
        CompletableFuture<Thread> runner = new CompletableFuture<>();
        log.append(List.of(prepared(2)), List.of(), () -> runner.complete(Thread.currentThread()));
        assertThat(runner).isCompletedWithValue(Thread.currentThread());
        log.close();
    }

    @ParameterizedTest(name = "batches of {0} bundles of {1} bytes")
    @CsvSource({"1, 2097152", "65536, 0"})
    void decisionsWaitForADiskThatIsBehind(int count, int bytes) throws Exception {
        DurableLog log = fixture.open(disk);
        CountDownLatch release = new CountDownLatch(1);
        disk.beforeWrite(blocked(release));
        RequestBundle bundle = bundle(bytes);
        Batch batch = Batches.of(1, Collections.nCopies(count, bundle.digest()));
        DecidedBatch decision = new DecidedBatch(0, 1, batch, Collections.nCopies(count, bundle), Fixture.chain(1));
        AtomicInteger taken = new AtomicInteger();
        Thread feed = new Thread(() -> {
            try {
                for (int number = 1; number <= 100; number++) {
                    log.decided(decision);
                    taken.incrementAndGet();
                }
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        });
        feed.start();
        while (feed.isAlive() && feed.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
        assertThat(taken).as("of 2 MiB each").hasValueLessThanOrEqualTo(42);
        release.countDown();
        feed.join();
        assertThat(taken).hasValue(100);
        log.close();
    }

    private static RequestBundle bundle(int bytes) {
        ByteString envelope = ByteString.copyFrom(new byte[bytes]);
        return new RequestBundle(
                new ClientId(Digest.ZERO),
                new PublicKey(new byte[1]),
                List.of(),
                List.of(),
                envelope,
                Hasher.hash(envelope.toByteArray()));
    }

    /** The mark of a voter comes last of all, so whoever loses patience has made a learner of it. */
    @Test
    void aSlowDiskHasTheTimeThatItNeedsForWhatIsQueued() throws Exception {
        Genesis.create(disk, fixture.config(DurabilityMode.OPTIMISTIC));
        Impatient environment = new Impatient(fixture.environment);
        DurableLog log = open(environment);
        CountDownLatch release = new CountDownLatch(1);
        disk.beforeWrite(blocked(release));
        int many = 10_000; // some groups
        for (int sequence = 1; sequence <= many; sequence++) {
            log.append(List.of(prepared(sequence)), List.of(), () -> {});
        }
        List<Thread> closers = List.of(new Thread(log::close), new Thread(log::close));
        closers.forEach(Thread::start);
        closers.forEach(DurableLogTest::awaitParked);
        environment.pass(LastTask.DEADLINE.minusSeconds(1));
        release.countDown();
        for (Thread closer : closers) {
            closer.join();
        }
        assertThat(disk.contents()).containsKeys(Key.PREPARED.at(1), Key.PREPARED.at(many));
        DurableLog again = fixture.open(disk, DurabilityMode.OPTIMISTIC);
        assertThat(start(again).votes()).isTrue();
        again.close();
    }

    @Test
    void aDiskThatDoesNotAnswerIsGivenUpInTheEnd() throws Exception {
        Genesis.create(disk, fixture.config(DurabilityMode.OPTIMISTIC));
        Impatient environment = new Impatient(fixture.environment);
        DurableLog log = open(environment);
        disk.beforeWrite(blocked(new CountDownLatch(1)));
        log.append(List.of(prepared(1)), List.of(), () -> {});
        Thread closer = new Thread(log::close);
        closer.start();
        awaitParked(closer);
        environment.pass(LastTask.DEADLINE);
        assertThat(closer.join(Duration.ofSeconds(30))).isTrue();
        log.close();
        DurableLog again = fixture.open(disk.copy(), DurabilityMode.OPTIMISTIC);
        assertThat(start(again).votes()).isFalse();
        again.close();
    }

    private DurableLog open(Environment environment) throws Exception {
        return DurableLog.open(environment, fixture.config(DurabilityMode.OPTIMISTIC), disk, fixture.failure::complete);
    }

    /** Time passes when a test says so, and a dedicated thread that is closed drops at once what it has not begun. */
    private static final class Impatient extends ForwardingEnvironment {

        private final BlockingQueue<Pending> pending =
                new PriorityBlockingQueue<>(2, Comparator.comparing(Pending::due));
        private volatile Duration now = Duration.ZERO;

        private record Pending(Duration due, Runnable action) {}

        Impatient(Environment real) {
            super(real);
        }

        @Override
        public Timers timers() {
            return (delay, action) -> {
                pending.add(new Pending(now.plus(delay), action));
                return () -> {};
            };
        }

        /** From when there is a timer on. */
        void pass(Duration time) throws InterruptedException {
            Duration end = now.plus(time);
            Pending next = pending.poll(10, TimeUnit.SECONDS);
            assertThat(next).as("somebody waits").isNotNull();
            while (next != null && next.due().compareTo(end) <= 0) {
                now = next.due();
                next.action().run();
                next = pending.poll();
            }
            now = end;
        }

        @Override
        public DedicatedThread dedicatedThread(String name) {
            ExecutorService thread = Executors.newSingleThreadExecutor();
            return new DedicatedThread() {
                @Override
                public void execute(Runnable task) {
                    thread.execute(task);
                }

                @Override
                public void close() {
                    thread.shutdownNow();
                }
            };
        }
    }

    private static void awaitWithin(Thread thread, Class<?> code) {
        while (Arrays.stream(thread.getStackTrace())
                .noneMatch(frame -> frame.getClassName().equals(code.getName()))) {
            assertThat(thread.isAlive()).isTrue();
            Thread.onSpinWait();
        }
    }

    private static void awaitParked(Thread thread) {
        while (thread.getState() != Thread.State.WAITING && thread.getState() != Thread.State.TIMED_WAITING) {
            assertThat(thread.isAlive()).isTrue();
            Thread.onSpinWait();
        }
    }

    private static void settleState(DurableLog log) throws InterruptedException {
        CountDownLatch stored = new CountDownLatch(1);
        log.checkpoint(Optional.empty(), stored::countDown);
        await(stored);
    }

    @Test
    void noCheckpointIsVouchedForBeforeTheInstalledStateItRestsOnIsStored() throws Exception {
        DurableLog log = fixture.open(disk);
        CountDownLatch release = new CountDownLatch(1);
        CompletableFuture<Boolean> vouched = new CompletableFuture<>();
        CheckpointSnapshot installed = Fixture.state(20, "far ahead");
        log.installed(new CheckpointSnapshot() {
            @Override
            public StateDescriptor descriptor() {
                return installed.descriptor();
            }

            @Override
            public DivisibleState.Part part(int index) {
                blocked(release).run();
                return installed.part(index);
            }
        });
        for (DecidedBatch batch : Fixture.decisions(21, 24)) {
            log.decided(batch);
        }
        log.checkpoint(Optional.empty(), () -> vouched.complete(disk.contents().containsKey(Key.STATE.only())));
        assertThat(vouched).isNotDone();
        release.countDown();
        assertThat(vouched.get(30, TimeUnit.SECONDS)).isTrue();
        log.close();
    }

    @Test
    void writtenBehindAReplicaThatWasClosedInOrderVotesAndAnotherDoesNot() throws Exception {
        Genesis.create(disk, fixture.config(DurabilityMode.OPTIMISTIC));
        DurableLog log = fixture.open(disk, DurabilityMode.OPTIMISTIC);
        assertThat(start(log).votes()).isTrue();
        MemoryDisk killed = disk.copy();
        log.close();
        DurableLog closedInOrder = fixture.open(disk, DurabilityMode.OPTIMISTIC);
        assertThat(start(closedInOrder).votes()).isTrue();
        closedInOrder.close();
        for (DurabilityMode mode : List.of(DurabilityMode.OPTIMISTIC, DurabilityMode.STRICT)) {
            DurableLog forgetful = fixture.open(killed.copy(), mode);
            assertThat(start(forgetful).votes()).as("%s", mode).isFalse();
            forgetful.close();
        }
    }

    /** Nobody else has it: it would stay locked for the life of the process, and be a learner's at the next start. */
    @Test
    void whoIsInterruptedWhileTheDiskIsOpenedLeavesItClosedInOrder() throws Exception {
        Genesis.create(disk, fixture.config(DurabilityMode.OPTIMISTIC));
        int closed = disk.closes();
        CountDownLatch release = new CountDownLatch(1);
        disk.beforeWrite(blocked(release));
        CompletableFuture<Throwable> ended = new CompletableFuture<>();
        Thread opener = new Thread(() -> {
            try {
                ended.complete(new AssertionError(fixture.open(disk, DurabilityMode.OPTIMISTIC) + " was opened"));
            } catch (IOException | InterruptedException failure) {
                ended.complete(failure);
            }
        });
        opener.start();
        awaitParked(opener);
        opener.interrupt();
        awaitWithin(opener, LastTask.class); // it has noticed
        release.countDown();
        assertThat(ended.get(30, TimeUnit.SECONDS)).isInstanceOf(InterruptedException.class);
        assertThat(disk.closes()).isEqualTo(closed + 1);
        DurableLog again = fixture.open(disk, DurabilityMode.OPTIMISTIC);
        assertThat(start(again).votes()).isTrue();
        again.close();
    }

    @Test
    void aDiskThatCannotBeClosedInOrderIsClosed() throws Exception {
        Genesis.create(disk, fixture.config(DurabilityMode.OPTIMISTIC));
        DurableLog log = fixture.open(disk, DurabilityMode.OPTIMISTIC);
        int closed = disk.closes();
        disk.fail("No space left on device");
        log.close();
        assertThat(disk.closes()).isEqualTo(closed + 1);
    }

    @Test
    void aLearnerThatBecomesAVoterIsOneAfterARestart() throws Exception {
        DurableLog log = fixture.open(disk);
        log.append(List.of(new LogRecord.Voter(32)), List.of(), () -> {});
        settle(log);
        log.close();
        DurableLog again = fixture.open(disk);
        assertThat(start(again).votes()).isTrue();
        again.close();
    }

    @Test
    void aDirectoryOfAnotherReplicaClusterOrMembershipIsRefusedAndLeftAsItIs() throws Exception {
        Genesis.create(disk, fixture.config(DurabilityMode.STRICT));
        fixture.open(disk).close();
        String before = disk.text();
        assertThatThrownBy(() -> DurableLog.open(
                        fixture.environment,
                        fixture.config("another cluster", 0, DurabilityMode.STRICT),
                        disk,
                        fixture.failure::complete))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("another cluster")
                .hasMessageContaining("give each replica its own");
        assertThatThrownBy(() -> DurableLog.open(
                        fixture.environment,
                        fixture.config(Fixture.CLUSTER, 1, DurabilityMode.STRICT),
                        disk,
                        fixture.failure::complete))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("replica-0")
                .hasMessageContaining("replica-1");
        assertThatThrownBy(() -> DurableLog.open(
                        fixture.environment, fixture.configOfOtherMembership(), disk, fixture.failure::complete))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("membership that it was created with");
        assertThat(disk.text()).isEqualTo(before);
    }

    @Test
    void recordsWithoutAnIdentityAreRefusedAndLeftAsTheyAre() {
        disk.contents().put(Key.STABLE.only(), new byte[] {1, 2, 3});
        String before = disk.text();
        assertThatThrownBy(() -> fixture.open(disk)).hasMessageContaining("without a replica's identity");
        assertThatThrownBy(() -> Genesis.create(disk, fixture.config(DurabilityMode.STRICT)))
                .hasMessageContaining("already");
        assertThat(disk.text()).isEqualTo(before);
    }

    @Test
    void aNewerSchemaIsRefusedAndLeftAsItIs() throws Exception {
        DurableLog log = fixture.open(disk);
        for (DecidedBatch batch : Fixture.decisions(1, 2)) {
            log.decided(batch);
        }
        settle(log);
        log.close();
        for (byte[] key : List.of(Key.IDENTITY.only(), Key.DECIDED.at(2))) {
            MemoryDisk newer = disk.copy();
            byte[] record = newer.contents().get(key);
            assertThat(record).isNotNull();
            record[0] = Seal.SCHEMA + 1;
            String before = newer.text();
            assertThatThrownBy(() -> fixture.open(newer))
                    .isInstanceOf(StorageException.class)
                    .hasMessageContaining("newer version of Atlas");
            assertThat(newer.text()).isEqualTo(before);
        }
    }
}
