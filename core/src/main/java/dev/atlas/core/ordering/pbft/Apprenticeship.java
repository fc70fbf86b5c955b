package dev.atlas.core.ordering.pbft;

import dev.atlas.core.message.OrderingMessage.Status;
import dev.atlas.core.ordering.Action;
import dev.atlas.core.ordering.LogRecord;
import dev.atlas.net.identity.ReplicaId;
import java.util.Map;
import java.util.TreeMap;

/**
 * How a replica that may have forgotten its votes becomes a voter again.
 *
 * <p>Whatever it voted for before lies at or below h' + L, where h' was stable for it. Q members had signed h', so of any Q members that answer, one correct
 * one had, and its own stable checkpoint was h' - L at least. With h the highest certified among Q answers, nothing above h + 2L can have been voted for.
 *
 * <p>It has forgotten its VIEW-CHANGEs too, and somebody may have kept one to rest a NEW-VIEW on: what that says about slots holds only if this replica keeps the
 * promise that goes with it, to vote in no earlier view. Whoever asks for a view w knows that Q members have asked for w - 1, or that one of them that is correct
 * knows it; so of Q members that answer, a correct one was in w - 1 or beyond. With x the highest view among Q answers, nothing beyond x + 1 can have been asked
 * for, and this replica votes from there on: it asks for the next view, and the others go along ({@link ViewChanger}). All this is about a replica that has
 * forgotten; one that was taken over may have said anything, and needs a key of its own before it is trusted again.
 */
final class Apprenticeship {

    private static final long UNKNOWN = -1;

    private final PbftState state;

    /** What each member that is no learner said first. Keyed by members only. */
    private final Map<ReplicaId, Answer> answers = new TreeMap<>();

    /** h + 2L. */
    private long votesAbove = UNKNOWN;

    /** x + 1. */
    private long votesFrom;

    private record Answer(long stable, long view) {}

    Apprenticeship(PbftState state) {
        this.state = state;
    }

    void heard(ReplicaId from, Status status) {
        if (!state.voter && !status.learner()) {
            answers.putIfAbsent(from, new Answer(status.stable(), status.view()));
        }
    }

    /** Whether it may ask for views: no slot that is still open can have a vote of its own that it has forgotten. */
    boolean isReady() {
        if (state.voter) {
            return false;
        }
        if (votesAbove == UNKNOWN
                && answers.values().stream().filter(this::isBorneOut).count() >= state.quorums.quorum()) {
            votesAbove = state.stable + 2L * state.config.window();
            votesFrom = 1
                    + answers.values().stream()
                            .filter(this::isBorneOut)
                            .mapToLong(Answer::view)
                            .max()
                            .orElse(0);
        }
        return votesAbove != UNKNOWN && Math.min(state.stable, state.executed) >= votesAbove;
    }

    /** Whether the active view is one that it may have promised not to vote in. */
    boolean isBeforeFirstView() {
        return state.view < votesFrom;
    }

    /** True if the apprenticeship has just ended. */
    boolean ends() {
        if (!isReady() || isBeforeFirstView()) {
            return false;
        }
        state.voter = true;
        answers.clear();
        state.persist(new LogRecord.Voter(state.stable));
        state.act(new Action.BecomeVoter(state.stable));
        return true;
    }

    /**
     * By a certificate, and by a NEW-VIEW: a height or a view that nobody can prove must not keep us waiting for ever. One view beyond what a member can prove is
     * what it may be asking for.
     */
    private boolean isBorneOut(Answer answer) {
        return answer.stable() <= state.stable && answer.view() <= state.view + 1;
    }
}
