package dev.atlas.it.sim.byzantine;

import dev.atlas.core.crypto.Signed;
import dev.atlas.core.message.Batches;
import dev.atlas.core.message.NewView;
import dev.atlas.core.message.OrderingMessage;
import dev.atlas.core.message.OrderingMessage.SignedNewView;
import dev.atlas.core.message.OrderingMessage.SignedViewChange;
import dev.atlas.core.message.ViewChange;
import dev.atlas.core.wire.ReplicaSigner;
import dev.atlas.it.sim.scheduler.Randomness;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.identity.ReplicaId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Lies in view changes and is well-formed in it: claims to have prepared what exists and was never prepared, or nothing, or in other views; as a primary rests its
 * NEW-VIEW on whichever quorum of VIEW-CHANGEs it likes and fixes what it likes.
 */
final class Forger {

    private static final int MOST_REMEMBERED = 64;
    private static final int MOST_CLAIMS = 4;

    private final ReplicaId self;
    private final ReplicaSigner signer;
    private final Randomness random;
    private final int quorum;
    /** VIEW-CHANGEs by hash, the oldest forgotten first. */
    private final Map<Digest, Signed<ViewChange>> heard = new LinkedHashMap<>();

    private final List<Digest> batches = new ArrayList<>();

    Forger(ReplicaId self, ReplicaSigner signer, Randomness random, int quorum) {
        this.self = self;
        this.signer = signer;
        this.random = random;
        this.quorum = quorum;
    }

    /** Learns from what it and others say. */
    void hear(OrderingMessage message) {
        if (message instanceof SignedViewChange said) {
            remember(said.signed());
        } else if (message instanceof OrderingMessage.PrePrepare said) {
            if (batches.size() < MOST_REMEMBERED) {
                batches.add(said.batch().digest());
            } else {
                batches.set(random.below(MOST_REMEMBERED), said.batch().digest());
            }
        }
    }

    private void remember(Signed<ViewChange> viewChange) {
        heard.putIfAbsent(viewChange.hash(), viewChange);
        if (heard.size() > MOST_REMEMBERED) {
            heard.remove(heard.keySet().iterator().next());
        }
    }

    /** Another message in place of an own VIEW-CHANGE or NEW-VIEW. */
    Optional<OrderingMessage> forge(OrderingMessage honest) {
        if (honest instanceof SignedViewChange said && said.signed().signer().equals(self)) {
            Signed<ViewChange> forged =
                    signer.sign(forged(said.signed().content())).signed();
            remember(forged);
            return Optional.of(new SignedViewChange(forged));
        }
        if (honest instanceof SignedNewView said && said.signed().signer().equals(self)) {
            return newView(said.signed().content())
                    .map(content -> new SignedNewView(signer.sign(content).signed()));
        }
        return Optional.empty();
    }

    private ViewChange forged(ViewChange honest) {
        TreeMap<Long, ViewChange.Prepared> prepared = new TreeMap<>();
        TreeMap<Long, TreeMap<Digest, Long>> prePrepared = new TreeMap<>();
        if (random.chance(0.7)) {
            honest.prepared().forEach(entry -> prepared.put(entry.sequence(), entry));
            honest.prePrepared()
                    .forEach(entry -> prePrepared
                            .computeIfAbsent(entry.sequence(), unused -> new TreeMap<>())
                            .put(entry.digest(), entry.view()));
        }
        for (int claims = random.below(MOST_CLAIMS); claims > 0; claims--) {
            long slot = honest.stable() + 1 + random.below(8);
            long view = random.chance(0.6) ? honest.newView() - 1 : random.below(honest.newView());
            Digest digest = anyDigest(slot);
            prepared.put(slot, new ViewChange.Prepared(slot, digest, view));
            if (random.chance(0.8)) {
                TreeMap<Digest, Long> claimed = prePrepared.computeIfAbsent(slot, unused -> new TreeMap<>());
                if (claimed.size() >= honest.newView()) {
                    claimed.clear();
                }
                claimed.put(digest, view);
            }
        }
        List<ViewChange.PrePrepared> entries = new ArrayList<>();
        prePrepared.forEach((slot, digests) ->
                digests.forEach((digest, view) -> entries.add(new ViewChange.PrePrepared(slot, digest, view))));
        return new ViewChange(
                honest.epoch(),
                honest.newView(),
                honest.stable(),
                honest.certificate(),
                List.copyOf(prepared.values()),
                entries);
    }

    /** Best one that others know for this very slot: only such a lie is hard to refuse. */
    private Digest anyDigest(long slot) {
        List<Digest> known = new ArrayList<>();
        for (Signed<ViewChange> viewChange : heard.values()) {
            viewChange.content().prePrepared().stream()
                    .filter(entry -> entry.sequence() == slot)
                    .forEach(entry -> known.add(entry.digest()));
        }
        if (!known.isEmpty() && random.chance(0.4)) {
            return known.get(random.below(known.size()));
        }
        return batches.isEmpty() || random.chance(0.1)
                ? Batches.NULL.digest()
                : batches.get(random.below(batches.size()));
    }

    private Optional<NewView> newView(NewView honest) {
        Map<ReplicaId, Signed<ViewChange>> bySender = new TreeMap<>();
        List<Signed<ViewChange>> candidates = new ArrayList<>(heard.values());
        while (!candidates.isEmpty()) {
            Signed<ViewChange> drawn = candidates.remove(random.below(candidates.size()));
            boolean enough = bySender.size() >= quorum && random.chance(0.7);
            if (drawn.content().newView() == honest.view() && !enough) {
                bySender.putIfAbsent(drawn.signer(), drawn);
            }
        }
        if (bySender.size() < quorum) {
            return Optional.empty();
        }
        long stable = bySender.values().stream()
                .mapToLong(viewChange -> viewChange.content().stable())
                .max()
                .orElse(0);
        return Optional.of(new NewView(
                honest.epoch(),
                honest.view(),
                bySender.values().stream()
                        .sorted(Comparator.comparing(Signed::signer))
                        .map(viewChange -> new NewView.Reference(viewChange.signer(), viewChange.hash()))
                        .toList(),
                stable,
                choices(stable, bySender)));
    }

    private List<Digest> choices(long stable, Map<ReplicaId, Signed<ViewChange>> named) {
        List<Digest> choices = new ArrayList<>();
        int slots = random.below(6);
        for (int offset = 1; offset <= slots; offset++) {
            long here = stable + offset; // may overflow: other liars' checkpoints are among what it heard
            List<Digest> prepared = named.values().stream()
                    .flatMap(viewChange -> viewChange.content().prepared().stream())
                    .filter(entry -> entry.sequence() == here)
                    .map(ViewChange.Prepared::digest)
                    .toList();
            choices.add(
                    prepared.isEmpty() || random.chance(0.1)
                            ? anyDigest(here)
                            : prepared.get(random.below(prepared.size())));
        }
        return choices;
    }
}
