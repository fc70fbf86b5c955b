package dev.atlas.replica.storage.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is made of a journal's files: three records of one block each in epoch 1, four in epoch 2. */
class RecoveryTest {

    private static final int BLOCK = Frame.ALIGNMENT;
    private static final Root ROOT = Root.of(0x1234_5678_9abc_def0L);

    @TempDir
    Path directory;

    private SegmentFiles files;

    @BeforeEach
    void write() throws IOException {
        files = new DirectorySegments(directory);
        try (Journal journal = Journal.begin(files, ROOT, 1 << 20)) {
            for (int record = 1; record <= 7; record++) {
                if (record == 4) {
                    assertThat(journal.turn().flushed()).isEqualTo(1);
                }
                append(journal, record);
            }
        }
    }

    private static void append(Journal journal, int record) throws IOException {
        journal.room(100).putInt(record);
        journal.append();
    }

    private List<Integer> recover() throws IOException {
        List<Integer> found = new ArrayList<>();
        result = Recovery.run(files, root, payload -> found.add(payload.getInt()));
        return found;
    }

    private Root root = ROOT;
    private Recovery.Result result = new Recovery.Result(ROOT, Optional.empty());

    private interface Edit {
        void edit(byte[] file);
    }

    private void edit(int slot, Edit edit) throws IOException {
        Path file = directory.resolve("journal." + slot);
        byte[] bytes = Files.readAllBytes(file);
        edit.edit(bytes);
        Files.write(file, bytes);
    }

    private void flip(int slot, int position) throws IOException {
        edit(slot, bytes -> bytes[position] ^= 4);
    }

    private void assertDamaged(String what) {
        assertThatThrownBy(this::recover)
                .as(what)
                .isInstanceOfSatisfying(
                        JournalException.class,
                        refused -> assertThat(refused.reason()).isEqualTo(JournalException.Reason.DAMAGED));
    }

    @Test
    void recordsComeInTheirOrderOverEpochs() throws Exception {
        assertThat(recover()).containsExactly(1, 2, 3, 4, 5, 6, 7);
        assertThat(result.dropped()).isEmpty();
        assertThat(result.end().flushed()).isEqualTo(2);
    }

    @Test
    void anEpochThatIsFlushedIsNotRead() throws Exception {
        root = new Root(ROOT.secret(), 1, checksumOf(1, 2));
        assertThat(recover()).containsExactly(4, 5, 6, 7);
        flip(1, 10); // which is free now
        assertThat(recover()).containsExactly(4, 5, 6, 7);
    }

    private int checksumOf(int slot, int record) throws IOException {
        return ByteBuffer.wrap(Files.readAllBytes(directory.resolve("journal." + slot)))
                .getInt(record * BLOCK + Frame.BYTES - 4);
    }

    @Test
    void aJournalThatGoesOnIsReadOnFromThere() throws Exception {
        recover();
        root = result.end();
        try (Journal journal = Journal.begin(files, root, 1 << 20)) {
            append(journal, 8);
        }
        assertThat(recover()).containsExactly(8);
    }

    @Test
    void anyDamageBeforeTheLastRecordIsRefused() throws Exception {
        int[][] records = {{1, 0}, {1, 1}, {1, 2}, {0, 0}, {0, 1}, {0, 2}};
        for (int[] record : records) {
            for (int at : new int[] {0, 8, 12, 20, 24, 28, 32, 36, 40, 139}) {
                flip(record[0], record[1] * BLOCK + at);
                assertDamaged("record " + record[1] + " of file " + record[0] + ", byte " + at);
                flip(record[0], record[1] * BLOCK + at);
            }
        }
        assertThat(recover()).hasSize(7);
    }

    @Test
    void recordsThatAreGoneAreMissed() throws Exception {
        edit(1, bytes -> Arrays.fill(bytes, 2 * BLOCK, 3 * BLOCK, (byte) 0));
        assertDamaged("the last of an epoch is gone");
        edit(1, bytes -> Arrays.fill(bytes, 0, 3 * BLOCK, (byte) 0));
        assertDamaged("an epoch is gone");
        Files.delete(directory.resolve("journal.0"));
        assertDamaged("a file is gone");
    }

    @Test
    void aRecordThatWasBeingWrittenIsDroppedAndNeverMetAgain() throws Exception {
        flip(0, 3 * BLOCK + 60);
        assertThat(recover()).containsExactly(1, 2, 3, 4, 5, 6);
        assertThat(result.dropped()).hasValue(100);
        flip(0, 3 * BLOCK + 60);
        root = result.end();
        assertThat(recover()).isEmpty();
    }

    @Test
    void soIsTheFirstOfAnEpoch() throws Exception {
        edit(0, bytes -> Arrays.fill(bytes, BLOCK, 4 * BLOCK, (byte) 0));
        flip(0, 60);
        assertThat(recover()).containsExactly(1, 2, 3);
        assertThat(result.dropped()).hasValue(100);
        assertThat(result.end().flushed()).isEqualTo(2);
    }

    @Test
    void recordsOfAnotherJournalAreNone() throws Exception {
        root = Root.of(7);
        assertThat(recover()).isEmpty();
        assertThat(result.dropped()).isEmpty();
    }

    /** By somebody who has the secret, so as to be seen at all. */
    private void editHeader(int slot, int at, int field, int value) throws IOException {
        edit(slot, bytes -> {
            ByteBuffer header = ByteBuffer.wrap(bytes, at, Frame.BYTES).slice();
            header.putInt(field, value);
            CRC32C crc = new CRC32C();
            crc.update(header.array(), at, Frame.BYTES - 4);
            header.putInt(Frame.BYTES - 4, (int) crc.getValue());
        });
    }

    @Test
    void aLengthThatCannotBeIsRefused() throws Exception {
        for (int length : new int[] {-1, Integer.MIN_VALUE, Integer.MAX_VALUE, 2 << 20}) {
            editHeader(0, 3 * BLOCK, 24, length);
            assertDamaged("length " + length);
        }
    }

    private void cut(int slot, long length) throws IOException {
        try (FileChannel file = FileChannel.open(directory.resolve("journal." + slot), StandardOpenOption.WRITE)) {
            file.truncate(length);
        }
    }

    @Test
    void aFileThatWasCutIsRefusedAndOnlyZerosBehindItsEndMayBeGone() throws Exception {
        cut(0, 5 * BLOCK);
        assertThat(recover()).hasSize(7);
        for (int length = 5 * BLOCK - 1; length >= 0; length -= 1000) {
            cut(0, length);
            assertDamaged(length + " bytes");
        }
    }

    @Test
    void soIsOneThatHadNoRecordYet() throws Exception {
        Path fresh = Files.createDirectory(directory.resolve("fresh"));
        directory = fresh;
        files = new DirectorySegments(fresh);
        Journal.begin(files, root, 1 << 20).close();
        assertThat(recover()).isEmpty();
        cut(1, 0);
        assertDamaged("the file of the first epoch");
    }

    @Test
    void soIsOneThatEndsWithAnExtension() throws Exception {
        recover();
        root = result.end();
        try (Journal journal = Journal.begin(files, root, 1 << 20)) {
            journal.room((2 << 20) - Frame.BYTES);
            journal.append();
        }
        List<Integer> found = new ArrayList<>();
        Recovery.run(files, root, payload -> found.add(payload.remaining()));
        assertThat(found).containsExactly((2 << 20) - Frame.BYTES);
        for (int length : new int[] {2 << 20, (2 << 20) - 1, 1 << 20, BLOCK + 1, BLOCK, 1, 0}) {
            cut(1, length);
            assertDamaged(length + " bytes");
        }
    }

    @Test
    void aNewerFormatIsNotTakenForDamage() throws Exception {
        editHeader(0, 3 * BLOCK, 8, Frame.VERSION + 1);
        assertThatThrownBy(this::recover)
                .isInstanceOfSatisfying(
                        JournalException.class,
                        refused -> assertThat(refused.reason()).isEqualTo(JournalException.Reason.NEWER));
    }

    @Test
    void recordsOfAllSizesAreReadAsTheyWereWritten() throws Exception {
        recover();
        root = result.end();
        int[] sizes = {0, 1, BLOCK - Frame.BYTES, BLOCK - Frame.BYTES + 1, 100_000, 3 << 20, 20 << 20, 5};
        try (Journal journal = Journal.begin(files, root, 1 << 20)) {
            for (int size : sizes) {
                byte[] bytes = new byte[size];
                Arrays.fill(bytes, (byte) size);
                journal.room(size).put(bytes);
                journal.append();
            }
            assertThatThrownBy(() -> journal.room(Journal.MOST_BYTES + 1L)).isInstanceOf(IOException.class);
        }
        List<Integer> found = new ArrayList<>();
        Recovery.run(files, root, payload -> {
            found.add(payload.remaining());
            byte expected = (byte) payload.remaining();
            while (payload.hasRemaining()) {
                assertThat(payload.get() == expected).isTrue();
            }
        });
        assertThat(found).containsExactly(Arrays.stream(sizes).boxed().toArray(Integer[]::new));
    }
}
