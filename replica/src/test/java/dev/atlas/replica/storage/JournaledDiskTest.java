package dev.atlas.replica.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.atlas.core.execution.DecidedBatch;
import dev.atlas.replica.config.DurabilityMode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A journal over LevelDB in a real directory; a copy of that made while it is open is what a killed process leaves. */
@Timeout(120)
class JournaledDiskTest {

    private static final long SEGMENT_BYTES = 256 << 10;

    @TempDir
    Path parent;

    private final Fixture fixture = new Fixture();
    private final Random random = new Random(1);
    private final TreeMap<byte[], byte[]> expected = JournalHistory.map();

    @AfterEach
    void close() {
        fixture.close();
    }

    private Store open(Path directory) throws IOException {
        return new JournaledDisk(new LevelDbDisk(directory), fixture.environment, SEGMENT_BYTES).open();
    }

    private static byte[] key(int number) {
        return ByteBuffer.allocate(9).put((byte) 'b').putLong(number).array();
    }

    private void write(Store store) throws IOException {
        Changes changes = new Changes();
        byte[] put = key(random.nextInt(200));
        byte[] value = new byte[random.nextInt(20_000)];
        random.nextBytes(value);
        byte[] deleted = key(random.nextInt(200));
        store.write(changes.put(put, value).delete(deleted), true);
        expected.put(put, value);
        expected.remove(deleted);
    }

    private static Map<byte[], byte[]> contents(Store store) throws IOException {
        return JournalHistory.contents(store, new byte[] {0}, new byte[] {(byte) 0xFF});
    }

    private Path copy(Path directory, String name) throws IOException {
        Path copy = Files.createDirectory(parent.resolve(name));
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.sorted().toList()) {
                Files.copy(file, copy.resolve(file.getFileName()));
            }
        }
        return copy;
    }

    /** Without LevelDB's own diary and lock. */
    private static Map<String, String> data(Path directory) throws IOException {
        Map<String, String> data = new TreeMap<>();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                String name = file.getFileName().toString();
                if (!name.startsWith("LOG") && !name.equals("LOCK")) {
                    data.put(name, new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
                }
            }
        }
        return data;
    }

    private void assertHolds(Store store) throws IOException {
        assertThat(JournalHistory.isSame(contents(store), expected)).isTrue();
    }

    @Test
    void whatAKilledProcessWroteIsThereInEveryModeAndLeavesNoJournalOnceItIsClosed() throws Exception {
        Path directory = parent.resolve("replica");
        try (Store store = open(directory)) {
            for (int write = 0; write < 200; write++) {
                write(store);
            }
            Path killed = killed(directory);
            assertHoldsInEveryMode(killed);
            assertHolds(store);
        }
        assertThat(data(directory)).doesNotContainKeys("journal.0", "journal.1");
        try (Store store = new LevelDbDisk(directory).openDatabase()) {
            assertThat(store.get(Key.JOURNAL.only())).isEmpty();
            assertHolds(store);
        }
    }

    /** A copy is no snapshot: LevelDB must rest meanwhile. */
    private Path killed(Path directory) throws IOException {
        Map<String, String> before;
        Path copy;
        int attempt = 0;
        do {
            before = data(directory);
            copy = copy(directory, "killed " + attempt++);
        } while (!before.equals(data(directory)) || !before.equals(data(copy)));
        return copy;
    }

    private void assertHoldsInEveryMode(Path killed) throws IOException {
        Path plain = copy(killed, "opened without a journal");
        try (Store store = new LevelDbDisk(plain).open()) {
            assertHolds(store);
            assertThat(Files.exists(plain.resolve("journal.0"))).isTrue();
            store.write(new Changes().put(key(0), new byte[] {1}), false);
            assertThat(Files.exists(plain.resolve("journal.0"))).isFalse();
            assertThat(store.get(key(0))).hasValue(new byte[] {1});
        }
        Path journaled = copy(killed, "opened with a journal");
        try (Store store = open(journaled)) {
            assertHolds(store);
            store.write(new Changes().put(key(0), new byte[] {1}), true);
            assertHolds(open(copy(journaled, "killed again")), key(0), new byte[] {1});
        }
        try (Store store = new LevelDbDisk(journaled).openDatabase()) {
            assertThat(store.get(key(0))).hasValue(new byte[] {1});
        }
    }

    private void assertHolds(Store store, byte[] key, byte[] value) throws IOException {
        try (store) {
            Map<byte[], byte[]> all = JournalHistory.map();
            all.putAll(expected);
            all.put(key, value);
            assertThat(JournalHistory.isSame(contents(store), all)).isTrue();
        }
    }

    @Test
    void filesThatAreReusedDoNotGetLonger() throws Exception {
        Path directory = parent.resolve("replica");
        try (Store store = open(directory)) {
            for (int write = 0; write < 100; write++) {
                store.write(new Changes().put(key(write % 7), new byte[4000]), true);
            }
            List<Long> lengths = lengths(directory);
            for (int write = 0; write < 100; write++) {
                store.write(new Changes().put(key(write % 7), new byte[4000]), true);
            }
            assertThat(lengths(directory)).isEqualTo(lengths);
            assertThat(lengths).allMatch(length -> length < 3 * SEGMENT_BYTES);
        }
    }

    private static List<Long> lengths(Path directory) throws IOException {
        return List.of(Files.size(directory.resolve("journal.0")), Files.size(directory.resolve("journal.1")));
    }

    /** Most of what a replica writes is deleted again when the next checkpoint is stable. */
    @Test
    void whatWasDeletedInItsEpochNeverReachesLevelDb() throws Exception {
        Path directory = parent.resolve("replica");
        long before;
        try (Store store = open(directory)) {
            store.write(new Changes().put(key(0), new byte[1]), true);
            before = levelDbBytes(directory);
            for (int write = 1; write < 300; write++) {
                store.write(new Changes().put(key(write), new byte[10_000]).delete(key(write - 1)), true);
            }
        }
        assertThat(levelDbBytes(directory) - before).isLessThan(500_000);
    }

    private static long levelDbBytes(Path directory) throws IOException {
        long bytes = 0;
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                bytes += file.getFileName().toString().startsWith("journal") ? 0 : Files.size(file);
            }
        }
        return bytes;
    }

    /** They are large, and nobody waits for them; but not before what the journal has to say of them. */
    @Test
    void partsOfStatesGoToLevelDbAtOnceUnlessTheJournalStillHasADeletionOfThem() throws Exception {
        MemoryBase base = new MemoryBase(new AtomicReference<>(Optional.empty()));
        UnreliableMachine files = new UnreliableMachine(random, UnreliableMachine.Bug.NONE);
        FlushThread thread = new FlushThread(fixture.environment.dedicatedThread("journal"));
        byte[] part = {'t', 1};
        try (Store store = JournaledStore.open(base, files, new JournalHistory.Chance(random), thread, 64 << 10)) {
            store.write(new Changes().put(part, new byte[] {1}), true);
            assertThat(base.get(part)).hasValue(new byte[] {1});
            store.write(new Changes().delete(part), true);
            store.write(new Changes().put(part, new byte[] {2}), true);
            assertThat(base.get(part)).hasValue(new byte[] {1});
            assertThat(store.get(part)).hasValue(new byte[] {2});
        }
        assertThat(base.get(part)).hasValue(new byte[] {2});
    }

    @Test
    void aDamagedJournalIsRefusedWithWhatToDoAndLeftAsItIs() throws Exception {
        Path directory = parent.resolve("replica");
        Path killed;
        try (Store store = open(directory)) {
            for (int write = 0; write < 10; write++) {
                store.write(new Changes().put(key(write), new byte[3000]), true);
            }
            killed = killed(directory);
        }
        try (FileChannel channel = FileChannel.open(killed.resolve("journal.1"), StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(new byte[] {1}), 4 * 4096 + 1000);
        }
        assertRefused(killed, "is damaged", "put it aside");
        Files.delete(killed.resolve("journal.0"));
        assertRefused(killed, "is damaged", "file 0 of its journal is missing");
    }

    private void assertRefused(Path directory, String... messages) throws IOException {
        String journal = data(directory).get("journal.1");
        assertThatThrownBy(() -> open(directory))
                .isInstanceOf(StorageException.class)
                .hasMessageContainingAll(messages);
        assertThatThrownBy(() -> new LevelDbDisk(directory).open())
                .isInstanceOf(StorageException.class)
                .hasMessageContainingAll(messages);
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        assertThat(Inspect.run(directory, new PrintStream(new ByteArrayOutputStream()), new PrintStream(err, true)))
                .isEqualTo(2);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains(messages);
        assertThat(data(directory).get("journal.1")).isEqualTo(journal);
    }

    @Test
    void genesisAndInspectSeeWhatIsInTheJournalOnly() throws Exception {
        Path directory = parent.resolve("replica");
        Genesis.create(directory, fixture.config(DurabilityMode.STRICT));
        Path killed;
        DurableLog log = fixture.open(new JournaledDisk(directory, fixture.environment));
        try {
            Fixture.decisions(1, 3).forEach(decision -> decide(log, decision));
            CountDownLatch written = new CountDownLatch(1);
            log.append(List.of(), List.of(), written::countDown);
            assertThat(written.await(30, TimeUnit.SECONDS)).isTrue();
            killed = copy(directory, "killed");
        } finally {
            log.close();
        }
        assertThatThrownBy(() -> Genesis.create(killed, fixture.config(DurabilityMode.STRICT)))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("already");
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        assertThat(Inspect.run(killed, new PrintStream(out, true), System.err)).isZero();
        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains("3, from 1 to 3")
                .contains("voter");
        DurableLog again = fixture.open(new JournaledDisk(killed, fixture.environment));
        assertThat(again.decisions(1, 10)).hasSize(3);
        again.close();
    }

    /** LevelDB under the journal does not say that there is no room: it ends the process. */
    @Test
    void aFullDiskStopsTheReplicaWithItsCause() throws Exception {
        Path directory = parent.resolve("replica");
        AtomicLong usable = new AtomicLong(Long.MAX_VALUE);
        LevelDbDisk levelDb = new LevelDbDisk(directory, file -> {}, new FreeSpace(directory, usable::get));
        JournaledDisk disk = new JournaledDisk(levelDb, fixture.environment, SEGMENT_BYTES);
        DurableLog log = fixture.open(disk);
        Fixture.decisions(1, 3).forEach(decision -> decide(log, decision));
        usable.set(FreeSpace.RESERVE_BYTES);
        log.installed(Fixture.state(3, "parts go below the journal"));
        assertThat(fixture.failure.get(30, TimeUnit.SECONDS))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("is full")
                .hasMessageContaining("make room");
        log.close();
        usable.set(Long.MAX_VALUE);
        DurableLog again = fixture.open(disk);
        assertThat(again.decisions(1, 10)).hasSize(3);
        again.close();
    }

    private static void decide(DurableLog log, DecidedBatch decision) {
        try {
            log.decided(decision);
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
    }

    /** Another replica's directory, for one. */
    @Test
    void aDirectoryThatIsOnlyLookedAtIsLeftAsItIs() throws Exception {
        Path directory = parent.resolve("replica");
        Path killed;
        try (Store store = open(directory)) {
            write(store);
            killed = killed(directory);
        }
        Map<String, String> before = data(killed);
        for (boolean isJournaled : new boolean[] {true, false}) {
            try (Store store = isJournaled ? open(killed) : new LevelDbDisk(killed).open()) {
                assertHolds(store);
            }
            assertThat(data(killed).get("journal.1")).isEqualTo(before.get("journal.1"));
            try (Store store = open(copy(killed, "looked at " + isJournaled))) {
                assertHolds(store);
            }
        }
    }

    @Test
    void aFailedFlushFailsTheWritesAfterIt() throws Exception {
        AtomicReference<Optional<IOException>> fault = new AtomicReference<>(Optional.empty());
        MemoryBase base = new MemoryBase(fault);
        UnreliableMachine files = new UnreliableMachine(random, UnreliableMachine.Bug.NONE);
        FlushThread thread = new FlushThread(fixture.environment.dedicatedThread("journal"));
        Store store = JournaledStore.open(base, files, new JournalHistory.Chance(random), thread, 64 << 10);
        write(store);
        fault.set(Optional.of(new IOException("No space left on device")));
        assertThatThrownBy(() -> {
                    for (int write = 0; write < 100; write++) {
                        write(store);
                    }
                })
                .isInstanceOf(IOException.class)
                .hasMessageContaining("No space left on device");
        assertThatThrownBy(() -> write(store)).isInstanceOf(IOException.class);
        store.close();
        fault.set(Optional.empty());
        FlushThread next = new FlushThread(fixture.environment.dedicatedThread("journal"));
        try (Store again = JournaledStore.open(base, files, new JournalHistory.Chance(random), next, 64 << 10)) {
            assertHolds(again);
        }
    }

    /** Else its memory, and the journal, would have no bound. */
    @Test
    void aWriterThatIsAheadByTwoEpochsWaitsForTheFlush() throws Exception {
        MemoryBase base = new MemoryBase(new AtomicReference<>(Optional.empty()));
        UnreliableMachine files = new UnreliableMachine(random, UnreliableMachine.Bug.NONE);
        FlushThread thread = new FlushThread(fixture.environment.dedicatedThread("journal"));
        Store store = JournaledStore.open(base, files, new JournalHistory.Chance(random), thread, 64 << 10);
        write(store);
        CountDownLatch release = base.hold();
        CountDownLatch done = new CountDownLatch(1);
        Thread writer = Thread.ofPlatform().start(() -> {
            try {
                for (int write = 0; write < 60; write++) {
                    write(store);
                }
                done.countDown();
            } catch (IOException failed) {
                throw new AssertionError(failed);
            }
        });
        while (writer.getState() != Thread.State.WAITING) {
            assertThat(writer.isAlive()).isTrue();
            Thread.onSpinWait();
        }
        assertThat(base.writes()).isEqualTo(1); // of the first write of all
        release.countDown();
        assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
        writer.join();
        assertHolds(store);
        store.close();
        assertThat(JournalHistory.isSame(contents(base), expected)).isTrue();
    }
}
