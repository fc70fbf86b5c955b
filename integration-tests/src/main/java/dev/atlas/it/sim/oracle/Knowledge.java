package dev.atlas.it.sim.oracle;

import dev.atlas.core.crypto.Signed;
import dev.atlas.core.message.Checkpoint;
import dev.atlas.core.message.NewView;
import dev.atlas.core.message.ViewChange;
import dev.atlas.core.types.Quorums;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.identity.ReplicaId;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** What one replica has heard and said. */
final class Knowledge {

    private record Place(long view, long sequence) {}

    private final Map<Place, Set<Digest>> proposals = new HashMap<>();
    private final Map<Place, Tally> prepares = new HashMap<>();
    /** COMMITs by sequence number, then view. */
    private final Map<Long, Map<Long, Tally>> commits = new HashMap<>();

    private final Map<Long, Tally> claims = new HashMap<>();
    private final Map<Checkpoint, Set<ReplicaId>> checkpoints = new HashMap<>();
    private final Map<Long, Map<Digest, Signed<NewView>>> newViews = new HashMap<>();
    private final Set<Long> entered = new HashSet<>();

    /** Own COMMITs by sequence number, then view: P must tell the latest. */
    private final TreeMap<Long, TreeMap<Long, Digest>> ownCommits = new TreeMap<>();

    /** Own PRE-PREPAREs and PREPAREs by sequence number, then view: Q must tell each digest. */
    private final TreeMap<Long, TreeMap<Long, Digest>> ownPrepares = new TreeMap<>();

    private long certified;

    void proposed(long view, long sequence, Digest digest) {
        proposals
                .computeIfAbsent(new Place(view, sequence), unused -> new HashSet<>(2))
                .add(digest);
    }

    boolean isProposed(long view, long sequence, Digest digest) {
        return proposals.getOrDefault(new Place(view, sequence), Set.of()).contains(digest);
    }

    void prepared(ReplicaId from, long view, long sequence, Digest digest) {
        prepares.computeIfAbsent(new Place(view, sequence), unused -> new Tally())
                .add(from, digest);
    }

    /** PREPAREs for the digest, and the own one if this replica has one to give. */
    int prepares(ReplicaId self, boolean votes, long view, long sequence, Digest digest) {
        Tally tally = prepares.computeIfAbsent(new Place(view, sequence), unused -> new Tally());
        return votes ? tally.countWith(digest, self) : tally.count(digest);
    }

    void committed(ReplicaId from, long view, long sequence, Digest digest) {
        commits.computeIfAbsent(sequence, unused -> new HashMap<>(2))
                .computeIfAbsent(view, unused -> new Tally())
                .add(from, digest);
    }

    void claimed(ReplicaId from, long sequence, Digest digest) {
        claims.computeIfAbsent(sequence, unused -> new Tally()).add(from, digest);
    }

    void checkpointed(ReplicaId signer, Checkpoint checkpoint, int quorum) {
        if (checkpoint.sequence() > certified) {
            Set<ReplicaId> signers = checkpoints.computeIfAbsent(checkpoint, unused -> new HashSet<>());
            signers.add(signer);
            if (signers.size() >= quorum) {
                certified(checkpoint.sequence());
            }
        }
    }

    void certified(long sequence) {
        certified = Math.max(certified, sequence);
    }

    long certified() {
        return certified;
    }

    void newView(Signed<NewView> heard) {
        newViews.computeIfAbsent(heard.content().view(), unused -> new HashMap<>(2))
                .putIfAbsent(heard.hash(), heard);
    }

    List<Signed<NewView>> newViews(long view) {
        return List.copyOf(newViews.getOrDefault(view, Map.of()).values());
    }

    boolean hasEntered(long view) {
        return entered.contains(view);
    }

    /** What a NEW-VIEW fixes counts as proposed. */
    void enters(Signed<NewView> newView) {
        entered.add(newView.content().view());
        long sequence = newView.content().stable();
        for (Digest choice : newView.content().choices()) {
            proposed(newView.content().view(), ++sequence, choice);
        }
    }

    void ownProposalOrPrepare(long view, long sequence, Digest digest) {
        ownPrepares.computeIfAbsent(sequence, unused -> new TreeMap<>()).put(view, digest);
    }

    void ownCommit(long view, long sequence, Digest digest) {
        ownCommits.computeIfAbsent(sequence, unused -> new TreeMap<>()).put(view, digest);
    }

    void forgetOwnVotes() {
        ownCommits.clear();
        ownPrepares.clear();
    }

    /** A vote that a VIEW-CHANGE should tell and does not. */
    Optional<String> concealed(ViewChange said) {
        for (var slot : ownCommits.tailMap(said.stable(), false).entrySet()) {
            Map.Entry<Long, Digest> latest = slot.getValue().lowerEntry(said.newView());
            if (latest != null && !tellsPrepared(said, slot.getKey(), latest.getValue(), latest.getKey())) {
                return Optional.of("its COMMIT at " + slot.getKey() + " in view " + latest.getKey());
            }
        }
        for (var slot : ownPrepares.tailMap(said.stable(), false).entrySet()) {
            for (var vote : slot.getValue().headMap(said.newView(), false).entrySet()) {
                if (!tellsPrePrepared(said, slot.getKey(), vote.getValue(), vote.getKey())) {
                    return Optional.of("its PREPARE or proposal at " + slot.getKey() + " in view " + vote.getKey());
                }
            }
        }
        return Optional.empty();
    }

    private static boolean tellsPrepared(ViewChange said, long sequence, Digest digest, long view) {
        for (ViewChange.Prepared entry : said.prepared()) {
            if (entry.sequence() == sequence
                    && (entry.view() > view
                            || (entry.view() == view && entry.digest().equals(digest)))) {
                return true;
            }
        }
        return false;
    }

    private static boolean tellsPrePrepared(ViewChange said, long sequence, Digest digest, long view) {
        for (ViewChange.PrePrepared entry : said.prePrepared()) {
            if (entry.sequence() == sequence && entry.digest().equals(digest) && entry.view() >= view) {
                return true;
            }
        }
        return false;
    }

    /**
     * @param digest the one, or any
     */
    boolean mayHaveDecided(ReplicaId self, long sequence, Optional<Digest> digest, Quorums quorums) {
        if (sequence <= certified) {
            return true;
        }
        for (Tally tally : commits.getOrDefault(sequence, Map.of()).values()) {
            for (Digest candidate : tally.digests()) {
                if (digest.filter(candidate::equals).isPresent() == digest.isPresent()
                        && tally.countWith(candidate, self) >= quorums.quorum()) {
                    return true;
                }
            }
        }
        Tally claimed = claims.getOrDefault(sequence, new Tally());
        for (Digest candidate : claimed.digests()) {
            if (digest.filter(candidate::equals).isPresent() == digest.isPresent()
                    && claimed.count(candidate) >= quorums.weakQuorum()) {
                return true;
            }
        }
        return false;
    }
}
