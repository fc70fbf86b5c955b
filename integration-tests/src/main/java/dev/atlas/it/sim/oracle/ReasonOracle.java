package dev.atlas.it.sim.oracle;

import dev.atlas.core.crypto.Signed;
import dev.atlas.core.message.Batches;
import dev.atlas.core.message.CheckpointCertificate;
import dev.atlas.core.message.NewView;
import dev.atlas.core.message.OrderingMessage;
import dev.atlas.core.message.ViewChange;
import dev.atlas.core.types.Membership;
import dev.atlas.core.types.Quorums;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.identity.ReplicaId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a correct replica says must follow from what it has heard: a PREPARE from a proposal, a COMMIT from Q - 1 PREPAREs, a decision from Q COMMITs of one view or
 * f + 1 claims, a stable checkpoint from Q CHECKPOINTs, a view from a NEW-VIEW that its VIEW-CHANGEs permit, and a VIEW-CHANGE must own up to every
 * vote (OSDI'99, section 4; TOCS'02, section 4.4).
 *
 * <p>Agreement breaks only in rare schedules after such a rule is broken; this judge sees the rule broken at once. Its conditions are necessary ones: what was
 * heard in earlier lives counts, an own vote always counts, and nothing that was heard is held against anyone.
 */
public final class ReasonOracle {

    private final Membership membership;
    private final Quorums quorums;
    private final NewViewRules rules;
    private final Violations violations;
    /** By number: a simulated cluster's members are numbered from 0. */
    private final List<Knowledge> replicas = new ArrayList<>();

    /** Whatever VIEW-CHANGE anybody correct said or heard, by hash: a NEW-VIEW names them so. */
    private final Map<Digest, Signed<ViewChange>> viewChanges = new HashMap<>();

    /** NEW-VIEWs that are permitted, or not, by hash. */
    private final Map<Digest, Optional<String>> judged = new HashMap<>();

    private final Map<String, Long> newViews = new TreeMap<>();

    /**
     * @param window L
     */
    public ReasonOracle(Membership membership, long window, Violations violations) {
        this.membership = membership;
        this.quorums = membership.quorums();
        this.rules = new NewViewRules(quorums, window);
        this.violations = violations;
        membership.members().forEach(member -> replicas.add(new Knowledge()));
    }

    /** The replica has lost its memory: it need not own up to earlier votes. */
    public void forgotten(ReplicaId replica) {
        knowledge(replica).forgetOwnVotes();
    }

    /** Kinds of NEW-VIEWs that were judged, and of their choices. */
    public Map<String, Long> newViews() {
        return Map.copyOf(newViews);
    }

    private void count(NewView newView, boolean permitted) {
        if (!permitted) {
            newViews.merge("NEW-VIEWs not permitted", 1L, Long::sum);
            return;
        }
        newViews.merge(
                newView.choices().isEmpty() ? "NEW-VIEWs that open nothing" : "NEW-VIEWs that fix slots",
                1L,
                Long::sum);
        for (Digest choice : newView.choices()) {
            newViews.merge(
                    choice.equals(Batches.NULL.digest()) ? "slots fixed by B" : "slots fixed by A", 1L, Long::sum);
        }
    }

    /** A message has arrived at a correct replica, which has not handled it yet. */
    public void heard(ReplicaId at, ReplicaId from, OrderingMessage message) {
        Knowledge known = knowledge(at);
        switch (message) {
            case OrderingMessage.PrePrepare said -> {
                if (from.equals(membership.primary(said.view()))) {
                    known.proposed(said.view(), said.sequence(), said.batch().digest());
                }
            }
            case OrderingMessage.Prepare said -> {
                if (!from.equals(membership.primary(said.view()))) {
                    known.prepared(from, said.view(), said.sequence(), said.digest());
                }
            }
            case OrderingMessage.Commit said -> known.committed(from, said.view(), said.sequence(), said.digest());
            case OrderingMessage.DecidedClaims said -> {
                for (int index = 0; index < said.digests().size(); index++) {
                    known.claimed(from, said.first() + index, said.digests().get(index));
                }
            }
            case OrderingMessage.SignedCheckpoint said ->
                known.checkpointed(said.signed().signer(), said.signed().content(), quorums.quorum());
            case OrderingMessage.StableCheckpoint said -> certified(at, said.certificate());
            case OrderingMessage.SignedViewChange said -> {
                viewChanges.putIfAbsent(said.signed().hash(), said.signed());
                said.signed().content().certificate().ifPresent(proof -> certified(at, proof));
            }
            case OrderingMessage.SignedNewView said -> newView(known, said.signed());
            case OrderingMessage other -> {} // nothing follows from it
        }
    }

    /** A certificate has arrived at a correct replica, inside whatever message. */
    public void certified(ReplicaId at, CheckpointCertificate certificate) {
        long signers = certificate.checkpoints().stream()
                .map(Signed::signer)
                .filter(membership::contains)
                .distinct()
                .count();
        long contents = certificate.checkpoints().stream()
                .map(Signed::content)
                .distinct()
                .count();
        if (signers >= quorums.quorum() && contents == 1) {
            knowledge(at).certified(certificate.content().sequence());
        }
    }

    private void newView(Knowledge known, Signed<NewView> newView) {
        if (newView.signer().equals(membership.primary(newView.content().view()))) {
            known.newView(newView);
        }
    }

    /** A correct replica says something. */
    public void sent(ReplicaId from, OrderingMessage message) {
        Knowledge own = knowledge(from);
        switch (message) {
            case OrderingMessage.PrePrepare said -> {
                entered(from, own, said.view(), said);
                own.proposed(said.view(), said.sequence(), said.batch().digest());
                own.ownProposalOrPrepare(
                        said.view(), said.sequence(), said.batch().digest());
            }
            case OrderingMessage.Prepare said -> {
                entered(from, own, said.view(), said);
                proposed(from, own, said.view(), said.sequence(), said.digest(), said);
                own.ownProposalOrPrepare(said.view(), said.sequence(), said.digest());
            }
            case OrderingMessage.Commit said -> {
                commits(from, own, said);
                own.ownCommit(said.view(), said.sequence(), said.digest());
            }
            case OrderingMessage.DecidedClaims said -> {
                for (int index = 0; index < said.digests().size(); index++) {
                    decided(
                            from,
                            own,
                            said.first() + index,
                            Optional.of(said.digests().get(index)));
                }
            }
            case OrderingMessage.SignedCheckpoint said ->
                own.checkpointed(said.signed().signer(), said.signed().content(), quorums.quorum());
            case OrderingMessage.SignedViewChange said -> {
                viewChanges.putIfAbsent(said.signed().hash(), said.signed());
                if (said.signed().signer().equals(from)) {
                    viewChange(from, own, said.signed().content());
                }
            }
            case OrderingMessage.SignedNewView said -> {
                newView(own, said.signed());
                if (said.signed().signer().equals(from)) {
                    refusal(said.signed())
                            .ifPresent(why -> violations.report(from + " opens view "
                                    + said.signed().content().view() + ", which is not permitted: " + why));
                }
            }
            case OrderingMessage.Status said -> {
                if (said.active()) {
                    entered(from, own, said.view(), said);
                }
                stable(from, own, said.stable());
            }
            case OrderingMessage other -> {} // asserts nothing
        }
    }

    /** A correct replica has begun to execute what it takes for decided at this sequence number. */
    public void executed(ReplicaId at, long sequence) {
        decided(at, knowledge(at), sequence, Optional.empty());
    }

    private void entered(ReplicaId replica, Knowledge own, long view, OrderingMessage said) {
        if (view == 0 || own.hasEntered(view)) {
            return;
        }
        StringBuilder refusals = new StringBuilder();
        for (Signed<NewView> heard : own.newViews(view)) {
            Optional<String> refusal = refusal(heard);
            if (refusal.isEmpty()) {
                own.enters(heard);
            } else {
                refusals.append("; one that was heard is not permitted: ").append(refusal.get());
            }
        }
        if (!own.hasEntered(view)) {
            violations.report(replica + " is active in view " + view + " without a NEW-VIEW for it" + refusals
                    + "; says " + said);
        }
    }

    private void proposed(
            ReplicaId replica, Knowledge own, long view, long sequence, Digest digest, OrderingMessage said) {
        if (!own.isProposed(view, sequence, digest)) {
            violations.report(replica + " votes for what its primary has not proposed: " + said);
        }
    }

    private void commits(ReplicaId from, Knowledge own, OrderingMessage.Commit said) {
        entered(from, own, said.view(), said);
        proposed(from, own, said.view(), said.sequence(), said.digest(), said);
        boolean votes = !from.equals(membership.primary(said.view()));
        int prepares = own.prepares(from, votes, said.view(), said.sequence(), said.digest());
        if (prepares < quorums.quorum() - 1) {
            violations.report(from + " commits with " + prepares + " PREPAREs: " + said);
        }
    }

    private void decided(ReplicaId replica, Knowledge own, long sequence, Optional<Digest> digest) {
        if (!own.mayHaveDecided(replica, sequence, digest, quorums)) {
            violations.report(replica + " takes for decided at " + sequence + " "
                    + digest.map(Digest::toString).orElse("anything")
                    + ", having neither Q COMMITs of one view nor f + 1 claims nor a certificate");
        }
    }

    private void stable(ReplicaId replica, Knowledge own, long sequence) {
        if (sequence > own.certified()) {
            violations.report(replica + " takes checkpoint " + sequence + " for stable; it has heard of a quorum for "
                    + own.certified() + " only");
        }
    }

    private void viewChange(ReplicaId from, Knowledge own, ViewChange said) {
        stable(from, own, said.stable());
        own.concealed(said)
                .ifPresent(vote -> violations.report(
                        from + " asks for view " + said.newView() + " and does not own up to " + vote + ": " + said));
    }

    /** Why a NEW-VIEW is not permitted. */
    private Optional<String> refusal(Signed<NewView> newView) {
        Optional<String> known = judged.get(newView.hash());
        if (known != null) {
            return known;
        }
        Optional<List<Signed<ViewChange>>> named = rules.named(newView.content(), viewChanges::get);
        if (named.isEmpty()) {
            return Optional.of("it rests on a VIEW-CHANGE that no correct replica has heard");
        }
        Optional<String> refusal = rules.refusal(newView.content(), named.get());
        judged.put(newView.hash(), refusal);
        count(newView.content(), refusal.isEmpty());
        return refusal;
    }

    private Knowledge knowledge(ReplicaId replica) {
        return replicas.get(replica.number());
    }
}
