package dev.atlas.it.sim.oracle;

import dev.atlas.core.message.Checkpoint;
import dev.atlas.core.message.OrderingMessage;
import dev.atlas.core.message.ViewChange;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.identity.ReplicaId;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * What correct replicas say on the wire: one vote per view, slot and kind, also over restarts; one decision per sequence number; one digest per
 * checkpoint; a view that never goes back.
 */
public final class VoteOracle {

    private static final List<String> KINDS = List.of("PRE-PREPARE", "PREPARE", "COMMIT", "VIEW-CHANGE");

    private static final int VIEW_CHANGE = 3;

    private final Violations violations;
    private final Map<Vote, Digest> votes = new HashMap<>();
    private final Map<Long, Digest> decided = new HashMap<>();
    private final Map<Long, Digest> chains = new HashMap<>();
    private final Map<Long, Digest> states = new HashMap<>();
    private final Map<ReplicaId, Long> views = new HashMap<>();
    private final Map<ReplicaId, Long> stables = new HashMap<>();

    /** The highest checkpoint that each replica has vouched for: it must not find itself below it again. */
    private final Map<ReplicaId, Long> vouched = new HashMap<>();

    /** Where the highest vote is that a replica may have forgotten: it must not vote there again, not even alike. */
    private final Map<ReplicaId, Long> forgotten = new HashMap<>();

    /** The view that each replica has asked for last, in any of its lives: in earlier ones it votes no more, or what it asked with says too little. */
    private final Map<ReplicaId, Long> asked = new HashMap<>();

    /** VIEW-CHANGEs that their signers have forgotten, by hash. */
    private final Set<Digest> formerViewChanges = new HashSet<>();

    private long highestView;

    private record Vote(ReplicaId voter, int kind, long view, long sequence) {}

    public VoteOracle(Violations violations) {
        this.violations = violations;
    }

    /** The highest view that a correct replica has named. */
    public long highestView() {
        return highestView;
    }

    /** A replica starts with nothing: what it asked for in an earlier life it may ask for otherwise, since its checkpoint is another. */
    public void forgotten(ReplicaId replica) {
        votes.keySet().stream()
                .filter(vote -> vote.voter.equals(replica) && vote.kind != VIEW_CHANGE)
                .mapToLong(Vote::sequence)
                .max()
                .ifPresent(highest -> forgotten.merge(replica, highest, Math::max));
        forgetViewChanges(replica);
        views.remove(replica);
        stables.remove(replica);
        vouched.remove(replica);
    }

    /** A correct replica sends a message. */
    public void sent(ReplicaId from, OrderingMessage message) {
        switch (message) {
            case OrderingMessage.PrePrepare said ->
                vote(from, 0, said.view(), said.sequence(), said.batch().digest());
            case OrderingMessage.Prepare said -> vote(from, 1, said.view(), said.sequence(), said.digest());
            case OrderingMessage.Commit said -> vote(from, 2, said.view(), said.sequence(), said.digest());
            case OrderingMessage.SignedCheckpoint said -> checkpoint(from, said);
            case OrderingMessage.SignedViewChange said -> viewChange(from, said);
            case OrderingMessage.Status said -> status(from, said);
            case OrderingMessage.DecidedClaims said -> {
                for (int index = 0; index < said.digests().size(); index++) {
                    agree(
                            from,
                            "the decision",
                            decided,
                            said.first() + index,
                            said.digests().get(index));
                }
            }
            case OrderingMessage.StableCheckpoint ignored -> {}
            case OrderingMessage.SignedNewView ignored -> {}
            case OrderingMessage.FetchBatches ignored -> {}
            case OrderingMessage.FetchedBatch ignored -> {}
            case OrderingMessage.FetchBodies ignored -> {}
            case OrderingMessage.Bodies ignored -> {}
            case OrderingMessage.FetchViewChanges ignored -> {}
            case OrderingMessage.AskDecidedBundles ignored -> {}
            case OrderingMessage.DecidedBundles ignored -> {}
            case OrderingMessage.Settings ignored -> {}
        }
    }

    private void vote(ReplicaId from, int kind, long view, long sequence, Digest digest) {
        if (kind != VIEW_CHANGE && sequence <= forgotten.getOrDefault(from, -1L)) {
            violations.report(from + " votes at " + sequence + ": " + KINDS.get(kind) + " in view " + view
                    + ", and has forgotten votes up to " + forgotten.get(from));
        }
        if (kind != VIEW_CHANGE && view < asked.getOrDefault(from, 0L)) {
            violations.report(from + " votes at " + sequence + ": " + KINDS.get(kind) + " in view " + view
                    + ", and has asked for view " + asked.get(from));
        }
        Digest first = votes.putIfAbsent(new Vote(from, kind, view, sequence), digest);
        if (first != null && !first.equals(digest)) {
            violations.report(from + " contradicts itself: " + KINDS.get(kind) + " in view " + view + " at " + sequence
                    + " for " + first + " and for " + digest);
        }
        highestView = Math.max(highestView, view);
    }

    private void checkpoint(ReplicaId from, OrderingMessage.SignedCheckpoint said) {
        if (said.signed().signer().equals(from)) {
            Checkpoint checkpoint = said.signed().content();
            agree(from, "the chain", chains, checkpoint.sequence(), checkpoint.chain());
            agree(from, "the state", states, checkpoint.sequence(), checkpoint.state());
            vouched.merge(from, checkpoint.sequence(), Math::max);
        }
    }

    /** From now on it may ask otherwise, and still pass on what it asked for: a NEW-VIEW may rest on that, and others fetch it from anyone. */
    private void forgetViewChanges(ReplicaId replica) {
        Predicate<Vote> isAsked = vote -> vote.voter.equals(replica) && vote.kind == VIEW_CHANGE;
        votes.keySet().stream().filter(isAsked).map(votes::get).forEach(formerViewChanges::add);
        votes.keySet().removeIf(isAsked);
    }

    /** A VIEW-CHANGE is said once per view: re-sent byte for byte, also after a restart. */
    private void viewChange(ReplicaId from, OrderingMessage.SignedViewChange said) {
        if (said.signed().signer().equals(from)
                && !formerViewChanges.contains(said.signed().hash())) {
            ViewChange viewChange = said.signed().content();
            vote(from, VIEW_CHANGE, viewChange.newView(), 0, said.signed().hash());
            asked.merge(from, viewChange.newView(), Math::max);
        }
    }

    private void status(ReplicaId from, OrderingMessage.Status said) {
        agree(from, "the chain", chains, said.decided(), said.chain());
        Long before = views.put(from, said.view());
        if (before != null && before > said.view() && said.learner()) {
            // What it asked for was as little in time on its disk as that it votes: it asks anew.
            forgetViewChanges(from);
        } else if (before != null && before > said.view()) {
            violations.report(from + " falls back from view " + before + " to " + said.view());
        }
        highestView = Math.max(highestView, said.view());
        Long stable = stables.put(from, said.stable());
        if (stable != null && stable > said.stable()) {
            violations.report(from + " falls back from the stable checkpoint " + stable + " to " + said.stable());
        }
        if (said.decided() < vouched.getOrDefault(from, 0L)) {
            violations.report(from + " has vouched for the checkpoint " + vouched.get(from) + " and has decided "
                    + said.decided());
        }
    }

    private void agree(ReplicaId from, String what, Map<Long, Digest> known, long sequence, Digest digest) {
        Digest first = known.putIfAbsent(sequence, digest);
        if (first != null && !first.equals(digest)) {
            violations.report(from + " says that " + what + " at " + sequence + " is " + digest + ", others " + first);
        }
    }
}
