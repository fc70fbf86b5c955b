package dev.atlas.replica.storage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.net.crypto.Digest;
import dev.atlas.net.crypto.Hasher;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is pruned when, and how much of it at once. */
class ContentsTest {

    private final Contents contents = new Contents();

    private static Digest digest(String text) {
        return Hasher.hash(text.getBytes(StandardCharsets.UTF_8));
    }

    private void decided(long sequence) {
        Contents.SlotRecords slot = contents.at(sequence);
        slot.batches.add(digest("batch " + sequence));
        slot.decided = digest("batch " + sequence);
    }

    private static List<byte[]> deleted(Changes changes) {
        assertThat(changes.all())
                .allSatisfy(change -> assertThat(change.value()).isEmpty());
        return changes.all().stream().map(Changes.Change::key).toList();
    }

    private static List<byte[]> sorted(List<byte[]> keys) {
        return keys.stream().sorted(Arrays::compareUnsigned).toList();
    }

    @Test
    void aStableCheckpointPrunesVotesAndBatchesThatWereNotDecidedUpToIt() {
        for (long sequence = 3; sequence <= 6; sequence++) {
            decided(sequence);
            contents.at(sequence).batches.add(digest("other"));
            contents.at(sequence).prePrepared.add(digest("other"));
            contents.at(sequence).prepared = true;
        }
        Changes changes = new Changes();
        contents.stable(3, 5, changes);
        List<byte[]> expected = new ArrayList<>();
        for (long sequence = 4; sequence <= 5; sequence++) {
            expected.add(Key.BATCH.at(sequence, digest("other")));
            expected.add(Key.PREPARED.at(sequence));
            expected.add(Key.PRE_PREPARED.at(sequence, digest("other")));
        }
        assertThat(sorted(deleted(changes))).containsExactlyElementsOf(sorted(expected));
    }

    /** While a state is dear its log has millions of slots, and each checkpoint would walk them all to find nothing. */
    @Test
    void aStableCheckpointLooksAtNoSlotBelowTheOneBefore() {
        contents.at(3).prepared = true;
        contents.at(4).prepared = true;
        Changes changes = new Changes();
        contents.stable(3, 8, changes);
        assertThat(deleted(changes)).containsExactly(Key.PREPARED.at(4));
    }

    @Test
    void whatHasPiledUpIsForgottenInSeveralWritesFromTheBeginningAndEachSlotInOne() {
        int slots = 2 * Contents.FORGOTTEN_AT_ONCE + 5;
        for (long sequence = 1; sequence <= slots + 1; sequence++) {
            decided(sequence);
        }
        int next = 1;
        for (int size : List.of(Contents.FORGOTTEN_AT_ONCE, Contents.FORGOTTEN_AT_ONCE, 5, 0)) {
            Changes changes = new Changes();
            contents.forgetDecisions(slots, changes);
            List<byte[]> expected = new ArrayList<>();
            for (int end = next + size; next < end; next++) {
                expected.add(Key.BATCH.at(next, digest("batch " + next)));
                expected.add(Key.DECIDED.at(next));
            }
            assertThat(deleted(changes)).containsExactlyElementsOf(expected);
        }
        assertThat(contents.find(slots + 1L)).isNotNull();
    }
}
