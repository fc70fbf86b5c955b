package dev.atlas.replica.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.core.execution.DecidedBatch;
import dev.atlas.core.message.Batches;
import dev.atlas.net.crypto.Digest;
import dev.atlas.replica.storage.InMemoryLog;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What decisions find no room is a defect, and what a replica that is being closed decides is none. */
class DecisionFeedTest {

    private static final DecidedBatch DECISION = new DecidedBatch(0, 1, Batches.NULL, List.of(), Digest.ZERO);

    private final DecisionFeed feed = new DecisionFeed(new InMemoryLog(), new RefusingExecutor(), 8, 2);

    @Test
    void whatFindsNoRoomIsToldAndWhatComesToAClosedFeedIsDropped() {
        assertThat(feed.offer(DECISION)).isTrue();
        assertThat(feed.offer(DECISION)).isTrue();
        assertThat(feed.offer(DECISION)).isFalse();
        feed.close();
        assertThat(feed.offer(DECISION)).isTrue();
        assertThat(feed.depth()).isEqualTo(2);
    }
}
