package dev.atlas.core.ordering.pbft;

import dev.atlas.core.message.Batch;
import dev.atlas.core.ordering.LogRecord;
import dev.atlas.net.crypto.Digest;
import java.util.List;

/** How a replica begins. */
public sealed interface Start {

    /** A voter of a cluster that is being created. */
    Start GENESIS = new Fresh(true);

    /** Executes what others decide and does not vote: it may have forgotten what it said. */
    Start LEARNER = new Fresh(false);

    /** Whether it votes from the beginning. */
    boolean votes();

    /**
     * From no state before this sequence number may an unordered request be answered: before the restart, a later one may have been answered from. The stored
     * decisions alone do not tell, since they are written behind the answers. But a decision takes COMMITs of a quorum, and what they are sent for is durably
     * prepared before: whichever quorum answers, a correct replica of it has that here.
     */
    long answered();

    /** With nothing. */
    record Fresh(boolean votes) implements Start {
        @Override
        public long answered() {
            return 0;
        }
    }

    /**
     * With what was durable before a restart.
     *
     * @param records everything it had asserted and must stand by: at most one {@link LogRecord.Stable}, {@link LogRecord.ViewChanging} and {@link
     *     LogRecord.ViewEntered}, and for each slot above the stable checkpoint the latest of each digest
     * @param executed the last checkpoint whose state is kept, 0 without one
     * @param head last decision without a gap
     * @param chain chain digest at {@code head}
     * @param decisions those retained, ascending, the last one at {@code head}; or none
     */
    record Recovered(
            boolean votes, List<LogRecord> records, long executed, long head, Digest chain, List<Decision> decisions)
            implements Start {
        public Recovered {
            records = List.copyOf(records);
            decisions = List.copyOf(decisions);
        }

        @Override
        public long answered() {
            long highest = Math.max(executed, head);
            for (LogRecord record : records) {
                if (record instanceof LogRecord.Prepared prepared) {
                    highest = Math.max(highest, prepared.sequence());
                } else if (record instanceof LogRecord.Stable stable) {
                    // What was prepared below it is not kept.
                    highest = Math.max(highest, stable.certificate().content().sequence());
                }
            }
            return highest;
        }
    }

    /**
     * What was decided at one sequence number.
     *
     * @param chain chain digest there
     */
    record Decision(long view, long sequence, Batch batch, Digest chain) {}
}
