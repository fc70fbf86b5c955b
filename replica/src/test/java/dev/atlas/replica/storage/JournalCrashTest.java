package dev.atlas.replica.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.atlas.replica.storage.UnreliableMachine.Bug;
import dev.atlas.replica.storage.journal.JournalException;
import java.io.IOException;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a journaled store keeps over failures of power, process and disk; {@code -Datlas.journal.seeds} for more of them. */
@Timeout(600)
class JournalCrashTest {

    private static final int SEEDS = Integer.getInteger("atlas.journal.seeds", 1000);

    @Test
    void afterAnyFailureEverythingAcknowledgedIsThereAndElseAtMostTheWriteUnderWay() {
        for (int seed = 0; seed < SEEDS; seed++) {
            JournalHistory history = new JournalHistory(seed, Bug.NONE);
            assertThatCode(history::run).as("seed %d", seed).doesNotThrowAnyException();
        }
    }

    /** Else the test above would prove nothing. */
    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void aBugBelowIsFound(Bug bug) {
        assertThat(foundAfter(bug)).as("seeds until %s was found", bug).isLessThan(1000);
    }

    private static int foundAfter(Bug bug) {
        for (int seed = 0; seed < 1000; seed++) {
            try {
                new JournalHistory(seed, bug).run();
            } catch (AssertionError | IOException found) {
                return seed;
            }
        }
        return Integer.MAX_VALUE;
    }

    /** Which of them is found depends on where it is: in freed room it is none, in the last record it looks like a write that was under way. */
    @Test
    void aFlippedBitIsRefusedOrCostsNothingButTheLastWrite() throws Exception {
        int refused = 0;
        for (int seed = 0; seed < 400; seed++) {
            Random random = new Random(seed);
            JournalHistory history = new JournalHistory(seed, Bug.NONE);
            history.withoutParts();
            Store store = history.open();
            int writes = 1 + random.nextInt(60);
            for (int write = 1; write < writes; write++) {
                history.write(store);
            }
            var before = JournalHistory.map();
            before.putAll(history.expected());
            history.write(store);
            UnreliableMachine machine = history.machine();
            machine.losePower();
            int slot = random.nextInt(2);
            byte[] contents = machine.contents(slot);
            int used = contents.length;
            while (used > 0 && contents[used - 1] == 0) {
                used--; // room in advance
            }
            if (used == 0) {
                continue;
            }
            int position = random.nextInt(used);
            machine.flip(slot, position, random.nextInt(8));
            try (Store again = history.open()) {
                var found = JournalHistory.contents(again, new byte[] {0}, new byte[] {(byte) 0xFF});
                assertThat(JournalHistory.isSame(found, history.expected()) || JournalHistory.isSame(found, before))
                        .as("seed %d", seed)
                        .isTrue();
            } catch (JournalException damaged) {
                assertThat(damaged.reason()).isEqualTo(JournalException.Reason.DAMAGED);
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(20);
    }
}
