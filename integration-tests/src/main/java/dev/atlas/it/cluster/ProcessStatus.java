package dev.atlas.it.cluster;

import dev.atlas.core.ordering.OrderingStatus;
import dev.atlas.replica.orchestrator.ReplicaStatus;
import java.util.List;

/**
 * What a replica's process says of itself, as a line of words.
 *
 * @param stateDigest in hexadecimal
 * @param needsState whether it fetches a state from others
 */
public record ProcessStatus(
        long view,
        boolean active,
        boolean learner,
        int leader,
        long stable,
        long decided,
        long executed,
        String stateDigest,
        boolean needsState) {

    private static final int WORDS = 9;

    static ProcessStatus of(ReplicaStatus status) {
        OrderingStatus ordering = status.orchestrator().ordering();
        return new ProcessStatus(
                ordering.view(),
                ordering.active(),
                ordering.learner(),
                ordering.leader().number(),
                ordering.stable(),
                ordering.decided(),
                status.executor().executed(),
                status.executor().stateDigest().toString(),
                status.orchestrator().needsState());
    }

    /** For {@link #parse}. */
    String line() {
        return String.join(
                " ",
                List.of(
                        Long.toString(view),
                        Boolean.toString(active),
                        Boolean.toString(learner),
                        Integer.toString(leader),
                        Long.toString(stable),
                        Long.toString(decided),
                        Long.toString(executed),
                        stateDigest,
                        Boolean.toString(needsState)));
    }

    static ProcessStatus parse(String line) {
        String[] words = line.split(" ", -1);
        if (words.length != WORDS) {
            throw new IllegalArgumentException("no status: " + line);
        }
        return new ProcessStatus(
                Long.parseLong(words[0]),
                Boolean.parseBoolean(words[1]),
                Boolean.parseBoolean(words[2]),
                Integer.parseInt(words[3]),
                Long.parseLong(words[4]),
                Long.parseLong(words[5]),
                Long.parseLong(words[6]),
                words[7],
                Boolean.parseBoolean(words[8]));
    }
}
