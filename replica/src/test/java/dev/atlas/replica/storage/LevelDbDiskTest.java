package dev.atlas.replica.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.atlas.replica.config.DurabilityMode;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** LevelDB as it is used here: what a write promises, and what an unusable directory says. */
@Timeout(120)
class LevelDbDiskTest {

    @TempDir
    Path parent;

    private static byte[] key(int number) {
        return ByteBuffer.allocate(5).put((byte) 'k').putInt(number).array();
    }

    private static Changes put(int number, int bytes) {
        byte[] value = new byte[bytes];
        Arrays.fill(value, (byte) (number + 1));
        return new Changes().put(key(number), value);
    }

    private static List<Integer> numbers(Store store) throws IOException {
        List<Integer> found = new ArrayList<>();
        store.scan(new byte[] {'k'}, new byte[] {'k' + 1}, (key, value) -> {
            found.add(ByteBuffer.wrap(key).getInt(1));
            return true;
        });
        return found;
    }

    private static Set<String> names(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            Set<String> names = new HashSet<>();
            files.forEach(file -> names.add(file.getFileName().toString()));
            return names;
        }
    }

    /** What LevelDB keeps of our data; its own log is not among it. */
    private static Map<String, String> data(Path directory) throws IOException {
        Map<String, String> data = new TreeMap<>();
        for (String name : names(directory)) {
            if (!name.startsWith("LOG") && !name.equals("LOCK")) {
                data.put(name, new String(Files.readAllBytes(directory.resolve(name)), StandardCharsets.ISO_8859_1));
            }
        }
        return data;
    }

    private static Path onlyLog(Path directory) throws IOException {
        List<String> logs =
                names(directory).stream().filter(name -> name.endsWith(".log")).toList();
        assertThat(logs).hasSize(1);
        return directory.resolve(logs.getFirst());
    }

    @Test
    void whatWasWrittenIsThereAfterReopeningInOrder() throws Exception {
        Path directory = parent.resolve("replica");
        try (Store store = new LevelDbDisk(directory).open()) {
            store.write(put(2, 10).put(key(1), new byte[] {7}), true);
            store.write(new Changes().delete(key(2)).put(key(3), new byte[] {9}), true);
        }
        try (Store store = new LevelDbDisk(directory).open()) {
            assertThat(numbers(store)).containsExactly(1, 3);
            assertThat(store.get(key(1))).hasValue(new byte[] {7});
            assertThat(store.get(key(2))).isEmpty();
        }
    }

    /** A log whose name is not in the directory after power failed is lost, with all that was synced to it. */
    @Test
    void beforeASyncedWriteReturnsTheNameOfEachNewFileIsSynced() throws Exception {
        Path directory = parent.resolve("replica");
        Set<String> durableNames = new HashSet<>();
        LevelDbDisk.Forcer forcer = file -> {
            if (file.equals(directory)) {
                durableNames.clear();
                durableNames.addAll(names(directory));
            }
        };
        try (Store store = new LevelDbDisk(directory, forcer, new FreeSpace(directory)).open()) {
            Set<String> logs = new HashSet<>();
            for (int number = 0; number < 90; number++) {
                store.write(put(number, 1 << 20), true); // enough to begin new logs
                List<String> now = names(directory).stream()
                        .filter(name -> name.endsWith(".log"))
                        .toList();
                assertThat(durableNames).containsAll(now);
                logs.addAll(now);
            }
            assertThat(logs).hasSizeGreaterThan(1);
        }
    }

    @Test
    void aWriteThatPowerCutShortAnywhereIsDropped() throws Exception {
        Path directory = parent.resolve("replica");
        long before;
        try (Store store = new LevelDbDisk(directory).open()) {
            for (int number = 0; number < 9; number++) {
                store.write(put(number, 1000), true);
            }
            before = used(onlyLog(directory));
            store.write(put(9, 100_000), true); // over some blocks
        }
        long end = used(onlyLog(directory));
        for (long size : new long[] {before + 1, before + 8, before + 500, 32_768, 32_771, 65_536, 70_000, end - 1}) {
            Path torn = copy(directory, "torn at " + size);
            try (FileChannel channel = FileChannel.open(onlyLog(torn), StandardOpenOption.WRITE)) {
                channel.truncate(size);
            }
            assertNumbers(torn, 0, 1, 2, 3, 4, 5, 6, 7, 8);
        }
    }

    /** Pages reach the disk in any order: later ones of a write may be there and earlier ones not. */
    @Test
    void aWriteOfWhichPowerLeftAHoleIsDropped() throws Exception {
        Path directory = parent.resolve("replica");
        try (Store store = new LevelDbDisk(directory).open()) {
            store.write(put(1, 1000), true);
            store.write(put(2, 200_000), true);
        }
        for (int page = 1; page < 48; page += 3) {
            Path torn = copy(directory, "without page " + page);
            try (FileChannel channel = FileChannel.open(onlyLog(torn), StandardOpenOption.WRITE)) {
                channel.write(ByteBuffer.allocate(4096), page * 4096L);
            }
            assertNumbers(torn, 1);
        }
    }

    /** Past that, LevelDB would end the process: it writes to memory that no page of the disk is left for. */
    @Test
    void aWriteOrAStartForWhichThereMayBeNoRoomIsRefusedAndNothingIsLost() throws Exception {
        Path directory = parent.resolve("replica");
        AtomicLong usable = new AtomicLong(FreeSpace.RESERVE_BYTES + 2000);
        LevelDbDisk disk = withRoom(directory, usable);
        try (Store store = disk.open()) {
            store.write(put(1, 1000), true);
            assertThatThrownBy(() -> store.write(put(2, 2000), true))
                    .isInstanceOf(StorageException.class)
                    .hasMessageContaining(directory + " is full: 512 MiB are left, and LevelDB needs 513")
                    .hasMessageContaining("make room");
        }
        usable.set(FreeSpace.RESERVE_BYTES - 1);
        for (LevelDbDisk full : List.of(disk, withRoom(parent.resolve("new"), usable))) {
            assertThatThrownBy(full::open)
                    .isInstanceOf(StorageException.class)
                    .hasMessageContaining("511 MiB are left");
        }
        assertThatThrownBy(disk::openExisting).isInstanceOf(StorageException.class);
        assertNumbers(directory, 1);
    }

    private static LevelDbDisk withRoom(Path directory, AtomicLong usable) {
        return new LevelDbDisk(directory, file -> {}, new FreeSpace(directory, usable::get));
    }

    /** A handle that stays would keep the directory locked for the life of the process. */
    @Test
    void aDatabaseWhoseNamesCannotBeSyncedIsClosedAgain() throws Exception {
        Path directory = parent.resolve("replica");
        LevelDbDisk.Forcer broken = file -> {
            if (file.equals(directory)) {
                throw new IOException("Input/output error");
            }
        };
        assertThatThrownBy(() -> new LevelDbDisk(directory, broken, new FreeSpace(directory)).open())
                .hasMessageContaining("Input/output error");
        assertNumbers(directory);
    }

    private static long used(Path log) throws IOException {
        byte[] bytes = Files.readAllBytes(log);
        int end = bytes.length;
        while (end > 0 && bytes[end - 1] == 0) {
            end--;
        }
        return end;
    }

    private Path copy(Path directory, String name) throws IOException {
        Path copy = Files.createDirectory(parent.resolve(name));
        for (String file : names(directory)) {
            Files.copy(directory.resolve(file), copy.resolve(file));
        }
        return copy;
    }

    private static void assertNumbers(Path directory, Integer... numbers) throws IOException {
        try (Store store = new LevelDbDisk(directory).open()) {
            assertThat(numbers(store)).as("%s", directory).containsExactly(numbers);
            store.write(put(100, 10), true);
        }
        try (Store store = new LevelDbDisk(directory).open()) {
            assertThat(store.get(key(100))).isPresent();
        }
    }

    /** LevelDB would take it for empty: replay its newest log into a new database, and delete all tables. */
    @Test
    void aDirectoryThatHasLostCurrentIsRefusedByWhoeverOpensItAndLeftAsItIs() throws Exception {
        Path directory = parent.resolve("replica");
        try (Store store = new LevelDbDisk(directory).open()) {
            store.write(put(1, 1000), true);
        }
        try (Store store = new LevelDbDisk(directory).open()) { // makes a table of its log
            store.write(put(2, 1000), true);
        }
        Files.delete(directory.resolve("CURRENT"));
        assertRefusedAsWithoutCurrent(directory);
    }

    @ParameterizedTest
    @ValueSource(strings = {"20240101.log", "2024-01-01.log", "letter.txt", "000005.sst", "journal.0"})
    void aDirectoryOfSomebodyElseIsRefusedByWhoeverOpensItAndLeftAsItIs(String name) throws Exception {
        Path directory = Files.createDirectory(parent.resolve("home"));
        Files.writeString(directory.resolve(name), "precious\n".repeat(1000));
        assertRefusedAsWithoutCurrent(directory);
    }

    private static void assertRefusedAsWithoutCurrent(Path directory) throws Exception {
        Map<String, String> before = files(directory);
        try (Fixture fixture = new Fixture()) {
            List<ThrowingCallable> openers = List.of(
                    () -> new LevelDbDisk(directory).open(),
                    () -> new LevelDbDisk(directory).openExisting(),
                    () -> new JournaledDisk(directory, fixture.environment).open(),
                    () -> Genesis.create(directory, fixture.config(DurabilityMode.STRICT)));
            for (ThrowingCallable opener : openers) {
                assertThatThrownBy(opener)
                        .isInstanceOf(StorageException.class)
                        .hasMessageContaining(directory + " is damaged (it has no file CURRENT")
                        .hasMessageContaining("put it aside")
                        .hasMessageContaining("a directory of its own");
                assertThat(files(directory)).isEqualTo(before);
            }
        }
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        assertThat(Inspect.run(directory, System.out, new PrintStream(err, true, StandardCharsets.UTF_8)))
                .isEqualTo(2);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("no file CURRENT");
        assertThat(files(directory)).isEqualTo(before);
    }

    private static Map<String, String> files(Path directory) throws IOException {
        Map<String, String> files = new TreeMap<>();
        for (String name : names(directory)) {
            files.put(name, new String(Files.readAllBytes(directory.resolve(name)), StandardCharsets.ISO_8859_1));
        }
        return files;
    }

    @Test
    void aNewFileSystemIsAnEmptyDirectory() throws Exception {
        Path directory = Files.createDirectory(parent.resolve("mounted"));
        Files.createDirectory(directory.resolve("lost+found"));
        assertNumbers(directory);
    }

    /** In the order in which LevelDB makes them; also twice, when LOG has become LOG.old. */
    @Test
    void aCreationThatEndedBetweenAnyTwoOfItsStepsIsBegunAnew() throws Exception {
        List<Map.Entry<String, byte[]>> steps = List.of(
                Map.entry("LOG", new byte[0]),
                Map.entry("LOCK", new byte[0]),
                Map.entry("MANIFEST-000001", new byte[0]),
                Map.entry("MANIFEST-000001", new byte[65_536]),
                Map.entry("000001.dbtmp", new byte[0]),
                Map.entry("000001.dbtmp", "MANIFEST-000001\n".getBytes(StandardCharsets.UTF_8)),
                Map.entry("LOG.old", new byte[0]));
        for (int done = 0; done <= steps.size(); done++) {
            Path directory = Files.createDirectory(parent.resolve("after " + done));
            for (Map.Entry<String, byte[]> step : steps.subList(0, done)) {
                Files.write(directory.resolve(step.getKey()), step.getValue());
            }
            assertThatThrownBy(() -> new LevelDbDisk(directory).openExisting())
                    .hasMessageContaining("nothing was ever written there");
            assertNumbers(directory);
        }
    }

    /** Were there others, a crash before CURRENT would leave a directory that is refused. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void untilItHasWrittenCurrentLevelDbMakesNoOtherFilesThanThose() throws Exception {
        Path directory = Files.createDirectory(parent.resolve("replica"));
        List<String> made = new ArrayList<>();
        try (WatchService watch = directory.getFileSystem().newWatchService()) {
            directory.register(watch, StandardWatchEventKinds.ENTRY_CREATE);
            new LevelDbDisk(directory).open().close();
            while (!made.contains("CURRENT")) {
                WatchKey key = watch.poll(30, TimeUnit.SECONDS);
                assertThat(key).as("events after %s", made).isNotNull();
                key.pollEvents().forEach(event -> made.add(event.context().toString()));
                key.reset();
            }
        }
        assertThat(made.subList(0, made.indexOf("CURRENT")))
                .containsExactly("LOG", "LOCK", "MANIFEST-000001", "000001.dbtmp");
    }

    /** LevelDB takes it for a log of its own and finds it damaged. */
    @Test
    void aFileThatIsNamedLikeALogAndIsNoneIsNotCut() throws Exception {
        Path directory = parent.resolve("replica");
        try (Store store = new LevelDbDisk(directory).open()) {
            store.write(put(1, 1000), true);
        }
        Files.writeString(directory.resolve("20240101.log"), "precious\n".repeat(10_000));
        Map<String, String> before = data(directory);
        assertThatThrownBy(() -> new LevelDbDisk(directory).open())
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("is damaged");
        assertThat(data(directory)).containsAllEntriesOf(before); // LevelDB may have added a table that nothing names
    }

    @ParameterizedTest
    @ValueSource(strings = {"2024-01-01.log", "99999999999999999999999.log"})
    void aFileThatLevelDbWouldNotNameALogIsNoneAndATornEndIsDroppedAllTheSame(String name) throws Exception {
        Path directory = parent.resolve("replica");
        long before;
        try (Store store = new LevelDbDisk(directory).open()) {
            store.write(put(1, 1000), true);
            before = used(onlyLog(directory));
            store.write(put(2, 100_000), true);
        }
        try (FileChannel channel = FileChannel.open(onlyLog(directory), StandardOpenOption.WRITE)) {
            channel.truncate(before + 40_000);
        }
        Files.writeString(directory.resolve(name), "precious");
        assertNumbers(directory, 1);
        assertThat(directory.resolve(name)).hasContent("precious");
    }

    /** Of the first write to a log any page may be missing too: then nothing of it is a record. */
    @ParameterizedTest
    @ValueSource(ints = {0, 4096, 40_960})
    void aFirstWriteThatPowerLeftTornIsDropped(int missing) throws Exception {
        Path directory = parent.resolve("replica");
        try (Store store = new LevelDbDisk(directory).open()) {
            store.write(put(1, 200_000), true);
        }
        try (FileChannel channel = FileChannel.open(onlyLog(directory), StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.allocate(4096), missing);
        }
        assertNumbers(directory);
    }

    /** Also in a directory whose name could be taken for another cause. */
    @ParameterizedTest
    @ValueSource(strings = {"replica", "blocks under LOCK"})
    void damageBeforeTheEndIsRefusedAndLeftAsItIs(String name) throws Exception {
        Path directory = parent.resolve(name);
        try (Store store = new LevelDbDisk(directory).open()) {
            for (int number = 0; number < 100; number++) {
                store.write(put(number, 1000), true);
            }
        }
        Path log = onlyLog(directory);
        try (FileChannel channel = FileChannel.open(log, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(new byte[] {1, 2, 3}), used(log) / 2);
        }
        Map<String, String> before = data(directory);
        assertThatThrownBy(() -> new LevelDbDisk(directory).open())
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("is damaged")
                .hasMessageContaining("put it aside");
        assertThat(data(directory)).isEqualTo(before);
    }

    /** Of tables LevelDB looks at the end only when it opens them. */
    @Test
    void aDamagedTableIsFoundByWhoeverReadsThereAndTheRestIsReadable() throws Exception {
        Path directory = parent.resolve("replica");
        try (Store store = new LevelDbDisk(directory).open()) {
            for (int number = 0; number < 12; number++) {
                store.write(put(number, 100_000), true);
            }
        }
        new LevelDbDisk(directory).open().close(); // makes a table of its log
        damageTheMiddleOfItsTable(directory);
        try (Store store = new LevelDbDisk(directory).open()) {
            assertThat(store.get(key(0))).isPresent();
            assertThatThrownBy(() -> numbers(store))
                    .isInstanceOf(StorageException.class)
                    .hasMessageContaining(directory + " is damaged")
                    .hasMessageContaining("checksum");
            assertThatThrownBy(() -> {
                        for (int number = 0; number < 12; number++) {
                            store.get(key(number));
                        }
                    })
                    .isInstanceOf(StorageException.class)
                    .hasMessageContaining(directory + " is damaged");
            RuntimeException own = new IllegalStateException("the visitor's");
            assertThatThrownBy(() -> store.scan(key(0), key(1), (key, value) -> {
                        throw own;
                    }))
                    .isSameAs(own);
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        assertThat(Inspect.run(directory, new PrintStream(out, true, StandardCharsets.UTF_8), System.err))
                .isEqualTo(1);
        assertThat(out.toString(StandardCharsets.UTF_8))
                .containsPattern("DAMAGED +\\Q" + directory + "\\E is damaged")
                .doesNotContain("verified");
    }

    /** LevelDB's words for it are those of a disk that fails. */
    @Test
    void aFileThatIsShorterOrMissingIsRefusedWithWhatToDo() throws Exception {
        Path directory = parent.resolve("replica");
        try (Store store = new LevelDbDisk(directory).open()) {
            for (int number = 0; number < 12; number++) {
                store.write(put(number, 100_000), true);
            }
        }
        new LevelDbDisk(directory).open().close(); // makes a table of its log
        Path shorter = copy(directory, "shorter");
        try (FileChannel channel = FileChannel.open(onlyTable(shorter), StandardOpenOption.WRITE)) {
            channel.truncate(channel.size() / 2);
        }
        assertThatThrownBy(() -> {
                    try (Store store = new LevelDbDisk(shorter).open()) {
                        store.get(key(0));
                    }
                })
                .isInstanceOf(StorageException.class)
                .hasMessageContaining(shorter + " cannot be read")
                .hasMessageContaining("put the directory aside");
        Path without = copy(directory, "without");
        for (String name : names(without)) {
            if (name.startsWith("MANIFEST")) {
                Files.delete(without.resolve(name));
            }
        }
        assertThatThrownBy(() -> new LevelDbDisk(without).open())
                .isInstanceOf(StorageException.class)
                .hasMessageContaining(without + " cannot be opened")
                .hasMessageContaining("put the directory aside");
    }

    @Test
    void whoCreatesAgainIsToldWhere() throws Exception {
        Path directory = parent.resolve("replica");
        try (Fixture fixture = new Fixture()) {
            Genesis.create(directory, fixture.config(DurabilityMode.STRICT));
            assertThatThrownBy(() -> Genesis.create(directory, fixture.config(DurabilityMode.STRICT)))
                    .isInstanceOf(StorageException.class)
                    .hasMessageContaining(directory + " has a replica's data already");
        }
    }

    private static void damageTheMiddleOfItsTable(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(onlyTable(directory), StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(new byte[] {-1, -2, -3}), channel.size() / 2);
        }
    }

    private static Path onlyTable(Path directory) throws IOException {
        List<String> tables = names(directory).stream()
                .filter(name -> name.endsWith(".sst") || name.endsWith(".ldb"))
                .toList();
        assertThat(tables).hasSize(1);
        return directory.resolve(tables.getFirst());
    }

    /** As a file is that LevelDB deletes beside us, its contents compacted: listed, and not there when it is opened. */
    @Test
    void aFileThatIsGoneWhenItIsToBeSyncedFailsNothing() throws Exception {
        Path directory = parent.resolve("replica");
        try (Store store = new LevelDbDisk(directory).open()) {
            store.write(put(1, 10), false);
            Files.createSymbolicLink(directory.resolve("000099.ldb"), directory.resolve("deleted"));
            store.sync();
            assertThat(numbers(store)).containsExactly(1);
        }
    }

    @Test
    void aSecondProcessIsRefused() throws Exception {
        Path directory = parent.resolve("nothing missing");
        try (Store store = new LevelDbDisk(directory).open()) {
            store.write(put(1, 10), true);
            assertThat(openInAnotherProcess(directory)).contains("in use by another process");
        }
        assertThat(openInAnotherProcess(directory)).contains("opened");
    }

    /** A handle on a parent that may not be read would be refused, and a name that is not synced is lost with all below it. */
    @Test
    void theNameOfEachNewDirectoryIsSyncedAndNoOtherParentIsOpened() throws Exception {
        Path directory = parent.resolve("some").resolve("new").resolve("replica");
        List<Path> synced = new ArrayList<>();
        LevelDbDisk disk = new LevelDbDisk(directory, synced::add, new FreeSpace(directory));
        disk.open().close();
        assertThat(synced)
                .contains(parent, parent.resolve("some"), parent.resolve("some").resolve("new"))
                .doesNotContain(parent.getParent());
        synced.clear();
        disk.open().close();
        assertThat(synced).containsOnly(directory);
    }

    @Test
    void aLibraryThatCannotBeUnpackedIsNotTakenForAPlatformWithoutOne() throws Exception {
        Path missing = parent.resolve("no such directory");
        assertThat(openInAnotherProcess(parent.resolve("replica"), "-Djava.io.tmpdir=" + missing))
                .contains("native library cannot be loaded (")
                .contains("Reasons: [") // says whoever tried
                .contains("run in " + missing)
                .contains("noexec")
                .contains("only durability NONE works");
    }

    private static String openInAnotherProcess(Path directory, String... options) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(options));
        command.addAll(List.of(
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                "--enable-native-access=ALL-UNNAMED",
                OpenADirectory.class.getName(),
                directory.toString()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return said;
    }

    @Test
    void aFileInPlaceOfTheDirectoryIsRefusedAndLeftAsItIs() throws Exception {
        Path file = Files.writeString(parent.resolve("replica"), "precious");
        assertThatThrownBy(() -> new LevelDbDisk(file).open())
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("no directory that this process may write");
        assertThat(file).hasContent("precious");
    }

    /** Nobody may write below /proc, root included. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void aReadOnlyDirectoryIsRefused() {
        for (String directory : List.of("/proc/self/replica", "/proc/tty/ldisc")) {
            assertThatThrownBy(() -> new LevelDbDisk(new File(directory).toPath()).open())
                    .isInstanceOf(StorageException.class)
                    .message()
                    .satisfiesAnyOf(
                            message -> assertThat(message).contains("no directory that this process may write"),
                            message -> assertThat(message).contains("not writable"));
        }
    }
}
