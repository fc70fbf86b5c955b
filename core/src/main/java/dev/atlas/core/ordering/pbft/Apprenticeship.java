package dev.atlas.core.ordering.pbft;

import dev.atlas.core.message.OrderingMessage.Status;
import dev.atlas.core.ordering.Action;
import dev.atlas.core.ordering.LogRecord;
import dev.atlas.net.identity.ReplicaId;
import java.util.Map;
import java.util.TreeMap;

/**
 * How a replica that may have forgotten its votes becomes a voter again (section 7 of the design).
 *
 * <p>Whatever it voted for before lies at or below h' + L, where h' was stable for it. Q members had signed h', so of any Q members that answer, one correct
 * one had, and its own stable checkpoint was h' - L at least. With h the highest certified among Q answers, nothing above h + 2L can have been voted for.
 */
final class Apprenticeship {

    private static final long UNKNOWN = -1;

    private final PbftState state;

    /** The stable checkpoint that each member that is no learner named first. Keyed by members only. */
    private final Map<ReplicaId, Long> answers = new TreeMap<>();

    /** h + 2L. */
    private long votesAbove = UNKNOWN;

    Apprenticeship(PbftState state) {
        this.state = state;
    }

    void heard(ReplicaId from, Status status) {
        if (!state.voter && !status.learner()) {
            answers.putIfAbsent(from, status.stable());
        }
    }

    /** True if the apprenticeship has just ended. */
    boolean ends() {
        if (state.voter) {
            return false;
        }
        if (votesAbove == UNKNOWN && certified() >= state.quorums.quorum()) {
            votesAbove = state.stable + 2L * state.config.window();
        }
        if (votesAbove == UNKNOWN || Math.min(state.stable, state.executed) < votesAbove) {
            return false;
        }
        state.voter = true;
        answers.clear();
        state.persist(new LogRecord.Voter(state.stable));
        state.act(new Action.BecomeVoter(state.stable));
        return true;
    }

    /** Members whose answer a certificate bears out: a claimed height that nobody can prove must not keep us waiting for ever. */
    private long certified() {
        return answers.values().stream()
                .filter(stable -> stable <= state.stable)
                .count();
    }
}
