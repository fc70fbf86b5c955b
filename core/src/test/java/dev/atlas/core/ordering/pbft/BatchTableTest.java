package dev.atlas.core.ordering.pbft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.core.message.Batch;
import dev.atlas.core.message.Batches;
import java.util.List;
import org.junit.jupiter.api.Test;

class BatchTableTest {

    private static final Batch FIRST = batch(1);
    private static final Batch SECOND = batch(2);
    private static final Batch THIRD = batch(3);

    private final BatchTable table = new BatchTable();

    @Test
    void whatIsMissingIsToldInTheOrderInWhichItWasNamed() {
        nameAll();
        assertThat(table.missingCount()).isEqualTo(3);
        assertThat(table.missing(2)).containsExactly(FIRST.digest(), SECOND.digest());
    }

    @Test
    void aBatchThatIsHereIsNotMissingAnyMore() {
        nameAll();
        assertThat(table.supply(FIRST)).isTrue();
        assertThat(table.missing(3)).containsExactly(SECOND.digest(), THIRD.digest());
    }

    @Test
    void aBatchThatNoSlotNamesAnyMoreIsNotMissing() {
        nameAll();
        table.name(SECOND.digest(), 4);
        assertThat(table.release(FIRST.digest(), 1)).isTrue();
        assertThat(table.release(SECOND.digest(), 2)).isFalse();
        assertThat(table.missing(3)).containsExactly(SECOND.digest(), THIRD.digest());
    }

    private void nameAll() {
        table.name(FIRST.digest(), 1);
        table.name(SECOND.digest(), 2);
        table.name(THIRD.digest(), 3);
    }

    private static Batch batch(long timestampMillis) {
        return Batches.of(timestampMillis, List.of());
    }
}
