package dev.atlas.core.ordering.pbft.viewchange;

import dev.atlas.core.crypto.Verified;
import dev.atlas.core.message.CheckpointCertificate;
import dev.atlas.core.message.ViewChange;
import dev.atlas.core.types.Quorums;
import dev.atlas.net.crypto.Digest;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A set of VIEW-CHANGEs indexed by slot, and the conditions over it. */
final class Claims {

    private final Quorums quorums;
    private final List<ViewChange> messages = new ArrayList<>();
    private final Map<Long, List<ViewChange.Prepared>> prepared = new HashMap<>();
    private final Map<Long, List<ViewChange.PrePrepared>> prePrepared = new HashMap<>();
    private long stable;
    private long highest;
    private Optional<CheckpointCertificate> certificate = Optional.empty();

    Claims(Quorums quorums, Collection<Verified<ViewChange>> viewChanges) {
        this.quorums = quorums;
        for (Verified<ViewChange> viewChange : viewChanges) {
            ViewChange message = viewChange.content();
            messages.add(message);
            if (message.stable() > stable) {
                stable = message.stable();
                certificate = message.certificate();
            }
            for (ViewChange.Prepared entry : message.prepared()) {
                prepared.computeIfAbsent(entry.sequence(), slot -> new ArrayList<>())
                        .add(entry);
                highest = Math.max(highest, entry.sequence());
            }
            for (ViewChange.PrePrepared entry : message.prePrepared()) {
                prePrepared
                        .computeIfAbsent(entry.sequence(), slot -> new ArrayList<>())
                        .add(entry);
            }
        }
    }

    long stable() {
        return stable;
    }

    Optional<CheckpointCertificate> certificate() {
        return certificate;
    }

    /** The last slot that any P names: beyond it B holds for every slot, since a quorum of S says nothing about it. */
    long last(long window) {
        return Math.min(highest, stable + window);
    }

    /** Digests that A1 and A2 permit, latest view first; correct histories give at most one. */
    List<Digest> permittedByA(long sequence) {
        return prepared.getOrDefault(sequence, List.of()).stream()
                .filter(candidate -> satisfiesA1(candidate) && satisfiesA2(candidate))
                .sorted((left, right) -> Long.compare(right.view(), left.view()))
                .map(ViewChange.Prepared::digest)
                .distinct()
                .toList();
    }

    /** Those below the slot that do not contradict: silent ones count, and are all that are not listed for the slot. */
    private boolean satisfiesA1(ViewChange.Prepared candidate) {
        long contradicting = prepared.getOrDefault(candidate.sequence(), List.of()).stream()
                .filter(entry -> entry.view() > candidate.view()
                        || (entry.view() == candidate.view() && !entry.digest().equals(candidate.digest())))
                .count();
        return below(candidate.sequence()) - contradicting >= quorums.quorum();
    }

    private boolean satisfiesA2(ViewChange.Prepared candidate) {
        long vouching = prePrepared.getOrDefault(candidate.sequence(), List.of()).stream()
                .filter(entry -> entry.digest().equals(candidate.digest()) && entry.view() >= candidate.view())
                .count();
        return vouching >= quorums.weakQuorum();
    }

    boolean permittedByB(long sequence) {
        return below(sequence) - prepared.getOrDefault(sequence, List.of()).size() >= quorums.quorum();
    }

    /** Messages whose checkpoint lies below the slot; only such have entries for it. */
    private long below(long sequence) {
        return messages.stream().filter(message -> message.stable() < sequence).count();
    }
}
