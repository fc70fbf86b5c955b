package dev.atlas.core.ordering.pbft;

import dev.atlas.core.crypto.Verified;
import dev.atlas.core.message.Checkpoint;
import dev.atlas.core.message.CheckpointCertificate;
import dev.atlas.core.message.OrderingMessage.SignedCheckpoint;
import dev.atlas.core.ordering.Action;
import dev.atlas.core.ordering.Action.Misbehaviour;
import dev.atlas.core.ordering.LogRecord;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.identity.ReplicaId;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Stable checkpoints, the window they move and the garbage they free (OSDI'99, section 4.3). */
final class Checkpointer {

    private final PbftState state;

    /** Votes above the stable checkpoint: by sequence number, then signer. At most {@link #PER_SIGNER} for each signer. */
    private final TreeMap<Long, TreeMap<ReplicaId, Verified<Checkpoint>>> votes = new TreeMap<>();

    /** What this replica's own executor found, above the stable checkpoint. */
    private final TreeMap<Long, Checkpoint> taken = new TreeMap<>();

    private long previousStable;

    /** Two fit into the window; one more for whoever runs ahead of it. */
    private static final int PER_SIGNER = 3;

    Checkpointer(PbftState state) {
        this.state = state;
    }

    /** The low watermark as it was before a restart. */
    void restore(CheckpointCertificate proof) {
        state.stable = proof.content().sequence();
        state.certificate = Optional.of(proof);
        previousStable = state.stable;
        state.act(new Action.CheckpointStable(state.stable, proof));
    }

    /** Our executor has reached a checkpoint. A learner keeps it to itself. */
    void taken(long sequence, Digest chain, Digest digest) {
        if (sequence > state.stable) {
            Checkpoint checkpoint = new Checkpoint(state.epoch(), sequence, chain, digest, 0);
            taken.put(sequence, checkpoint);
            if (state.voter) {
                say(checkpoint);
            }
        } else if (sequence == state.stable) {
            compare(digest);
        }
    }

    /** What a learner kept to itself may be the vote that a checkpoint still lacks. */
    void becameVoter() {
        taken.values().forEach(this::say);
    }

    /** Another state was installed: what the one before had for digests says nothing any more. */
    void replaced() {
        taken.clear();
    }

    private void say(Checkpoint checkpoint) {
        state.broadcast(new SignedCheckpoint(state.signer.sign(checkpoint).signed()));
    }

    void received(Verified<Checkpoint> vote) {
        Checkpoint content = vote.content();
        if (content.sequence() <= state.stable || content.sequence() % state.config.checkpointPeriod() != 0) {
            return;
        }
        Verified<Checkpoint> first = votes.computeIfAbsent(content.sequence(), unknown -> new TreeMap<>())
                .putIfAbsent(vote.signer(), vote);
        if (first != null) {
            if (!first.content().equals(content)) {
                state.report(vote.signer(), Misbehaviour.EQUIVOCATION);
            }
            return;
        }
        dropOldest(vote.signer());
        consider(content.sequence());
    }

    /** A certificate that the shell has verified. */
    void received(ReplicaId from, CheckpointCertificate adopted) {
        Optional<Checkpoint> content =
                adopted.checkpoints().stream().findFirst().map(signed -> signed.content());
        if (content.isEmpty()) {
            state.report(from, Misbehaviour.INVALID_CERTIFICATE);
        } else if (content.get().sequence() > state.stable) {
            makeStable(content.get(), adopted);
        }
    }

    /** This replica's own signed checkpoints above the stable one, to be sent again. */
    List<Verified<Checkpoint>> own() {
        return votes.values().stream()
                .map(bySigner -> bySigner.get(state.self))
                .filter(vote -> vote != null)
                .toList();
    }

    private void consider(long sequence) {
        Map<ReplicaId, Verified<Checkpoint>> here = votes.getOrDefault(sequence, new TreeMap<>());
        int largest = 0;
        for (Verified<Checkpoint> candidate : here.values()) {
            List<Verified<Checkpoint>> equal = equalTo(candidate, here.values());
            if (equal.size() >= state.quorums.quorum()) {
                makeStable(
                        candidate.content(),
                        new CheckpointCertificate(
                                equal.stream().map(Verified::signed).toList()));
                return;
            }
            largest = Math.max(largest, equal.size());
        }
        int silent = state.quorums.members() - here.size();
        if (largest + silent < state.quorums.quorum()) {
            state.act(new Action.Halt("no quorum of equal digests for checkpoint " + sequence
                    + ": the application is not deterministic, or more than f replicas are faulty; digests: "
                    + describe(here)));
        }
    }

    private void makeStable(Checkpoint content, CheckpointCertificate proof) {
        previousStable = state.stable;
        state.stable = content.sequence();
        state.certificate = Optional.of(proof);
        state.persist(new LogRecord.Stable(proof));
        state.act(new Action.CheckpointStable(state.stable, proof));
        Checkpoint mine = taken.get(state.stable);
        if (mine != null) {
            compare(mine.state());
        }
        votes.headMap(state.stable, true).clear();
        taken.headMap(state.stable, true).clear();
        state.nextSequence = Math.max(state.nextSequence, state.stable + 1);
        state.inFlight.headSet(state.stable, true).clear();
        collectGarbage();
    }

    /** Below the window only undecided slots are kept, for catching up; decided ones live on in the log for laggards. */
    private void collectGarbage() {
        state.slots.headMap(state.stable, true).values().removeIf(slot -> {
            slot.prepared = null;
            state.releaseAllBut(slot);
            slot.prePrepared.clear();
            slot.accepted = null;
            return slot.sequence <= state.log.head();
        });
        state.log
                .forget(Math.min(previousStable, state.stable - state.config.window()) - state.config.logRetention())
                .forEach(state::release);
    }

    /** Whoever lacks what is forgotten finds the certificate, and fetches the state. */
    void forget(long through) {
        state.log.forget(Math.min(through, state.stable)).forEach(state::release);
    }

    /**
     * Decisions that wait behind a gap under the stable checkpoint. What closes the gap comes in several steps and would be forgotten after each, as long as what lies
     * above the checkpoint takes all the room: only the state leads out of it.
     */
    void forgetUndelivered() {
        for (Slot slot : List.copyOf(state.slots.headMap(state.stable, true).values())) {
            state.releaseAll(slot);
            state.slots.remove(slot.sequence);
        }
        if (state.isBehind()) {
            state.certificate.ifPresent(proof -> state.act(new Action.NeedState(proof)));
        }
    }

    private void compare(Digest mine) {
        state.certificate.ifPresent(proof -> {
            if (!proof.content().state().equals(mine)) {
                state.report(state.self, Misbehaviour.CONTRADICTING_CHECKPOINT);
                state.diverged = true;
                state.act(new Action.NeedState(proof));
            }
        });
    }

    private void dropOldest(ReplicaId signer) {
        List<Long> held = votes.entrySet().stream()
                .filter(entry -> entry.getValue().containsKey(signer))
                .map(Map.Entry::getKey)
                .toList();
        if (held.size() > PER_SIGNER) {
            // The newest but the ones that can still become stable here: drop the highest below the newest.
            long dropped = held.get(held.size() - 2);
            TreeMap<ReplicaId, Verified<Checkpoint>> there = votes.get(dropped);
            if (there != null) {
                there.remove(signer);
                if (there.isEmpty()) {
                    votes.remove(dropped);
                }
            }
        }
    }

    private static List<Verified<Checkpoint>> equalTo(
            Verified<Checkpoint> candidate, Collection<Verified<Checkpoint>> all) {
        return all.stream()
                .filter(vote -> vote.content().equals(candidate.content()))
                .toList();
    }

    private static String describe(Map<ReplicaId, Verified<Checkpoint>> here) {
        StringBuilder text = new StringBuilder();
        here.forEach((signer, vote) -> text.append(signer)
                .append('=')
                .append(vote.content().state().shortHex())
                .append(' '));
        return text.toString().trim();
    }
}
