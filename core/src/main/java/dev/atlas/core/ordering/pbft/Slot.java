package dev.atlas.core.ordering.pbft;

import dev.atlas.core.message.ViewChange;
import dev.atlas.net.crypto.Digest;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What this replica knows about one sequence number. */
final class Slot {

    final long sequence;

    /** PREPAREs and COMMITs of the view that was last active here. */
    final Votes prepares = new Votes();

    final Votes commits = new Votes();

    /** "I have decided this": binding over views, so never cleared. */
    final Votes claims = new Votes();

    /** Accepted in the current view, by PRE-PREPARE or NEW-VIEW. */
    @Nullable
    Digest accepted;

    /** Fixed by the NEW-VIEW, which stands in for the PRE-PREPARE. */
    boolean fixed;

    /** The vote of this replica that needs the bodies was issued (its Q entry with it). */
    boolean prePrepareVoted;

    boolean commitIssued;

    /** A member that has not decided it waits for the COMMIT of this replica. */
    boolean commitAwaited;

    /** How often bodies were fetched. */
    int bodyFetches;

    @Nullable
    Digest decided;

    /** The view of the quorum of COMMITs that decided, or the view in which it was learned. */
    long decidedView;

    /** P: the latest view in which a digest prepared here. */
    ViewChange.@Nullable Prepared prepared;

    /** Q: for each digest pre-prepared here the latest such view. */
    final Map<Digest, Long> prePrepared = new TreeMap<>();

    Slot(long sequence) {
        this.sequence = sequence;
    }

    /** Forgets the votes of the view before; P, Q, claims and decision stay. */
    void enterView() {
        prepares.clear();
        commits.clear();
        accepted = null;
        fixed = false;
        prePrepareVoted = false;
        commitIssued = false;
        commitAwaited = false;
        bodyFetches = 0;
    }

    /** The digest whose bodies are needed now: a slot may name others, of views before. */
    @Nullable
    Digest wanted() {
        return decided != null ? decided : accepted;
    }

    /** P holds nothing that Q does not. */
    boolean needs(Digest digest) {
        return digest.equals(decided) || digest.equals(accepted) || prePrepared.containsKey(digest);
    }

    boolean isDecided() {
        return decided != null;
    }
}
