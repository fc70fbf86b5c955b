package dev.atlas.it.sim.oracle;

import dev.atlas.core.crypto.Signed;
import dev.atlas.core.message.Batches;
import dev.atlas.core.message.NewView;
import dev.atlas.core.message.ViewChange;
import dev.atlas.core.types.Quorums;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.identity.ReplicaId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What a NEW-VIEW may choose, as TOCS'02, section 4.4 puts it; owes nothing to the library's own reading of it. */
record NewViewRules(Quorums quorums, long window) {

    /** The VIEW-CHANGEs that a NEW-VIEW names; empty if one of them is unknown. */
    Optional<List<Signed<ViewChange>>> named(NewView newView, Function<Digest, @Nullable Signed<ViewChange>> known) {
        List<Signed<ViewChange>> named = new ArrayList<>();
        for (NewView.Reference reference : newView.viewChanges()) {
            Signed<ViewChange> found = known.apply(reference.hash());
            if (found == null) {
                return Optional.empty();
            }
            named.add(found);
        }
        return Optional.of(named);
    }

    Optional<String> refusal(NewView newView, List<Signed<ViewChange>> named) {
        Set<ReplicaId> signers = new HashSet<>();
        named.forEach(viewChange -> signers.add(viewChange.signer()));
        if (signers.size() < quorums.quorum() || signers.size() < named.size()) {
            return Optional.of("it rests on VIEW-CHANGEs of " + signers);
        }
        List<ViewChange> s = named.stream().map(Signed::content).toList();
        if (s.stream().anyMatch(message -> message.newView() != newView.view())) {
            return Optional.of("it rests on VIEW-CHANGEs for another view");
        }
        long h = s.stream().mapToLong(ViewChange::stable).max().orElse(0);
        if (h != newView.stable() || newView.choices().size() > window) {
            return Optional.of("it starts at " + newView.stable() + " and not at " + h + ", or ends beyond the window");
        }
        for (long slot = h + 1; slot <= h + window; slot++) {
            int index = (int) (slot - h - 1);
            if (index >= newView.choices().size()) {
                if (!isUnprepared(s, slot)) {
                    return Optional.of("slot " + slot + " may not be left open by " + s);
                }
                continue;
            }
            Digest choice = newView.choices().get(index);
            if (!isPermitted(s, slot, choice)) {
                return Optional.of("slot " + slot + " may not get " + choice.shortHex() + " by " + s);
            }
        }
        return Optional.empty();
    }

    private boolean isPermitted(List<ViewChange> s, long slot, Digest choice) {
        for (ViewChange message : s) {
            Optional<ViewChange.Prepared> candidate = prepared(message, slot);
            if (candidate.filter(entry -> entry.digest().equals(choice)).isPresent()) {
                long view = candidate.get().view();
                boolean a1 = quorums.quorum()
                        <= countBelow(
                                s,
                                slot,
                                entry -> entry.isEmpty()
                                        || entry.get().view() < view
                                        || (entry.get().view() == view
                                                && entry.get().digest().equals(choice)));
                if (a1 && vouching(s, slot, choice, view) >= quorums.weakQuorum()) {
                    return true;
                }
            }
        }
        return choice.equals(Batches.NULL.digest()) && isUnprepared(s, slot);
    }

    /** A quorum has prepared nothing there: whatever the new view brings, nothing else has committed. */
    private boolean isUnprepared(List<ViewChange> s, long slot) {
        return countBelow(s, slot, Optional::isEmpty) >= quorums.quorum();
    }

    /** Messages with h below the slot whose entry for it in P, or the lack of one, is as wanted. */
    private static long countBelow(List<ViewChange> s, long slot, Predicate<Optional<ViewChange.Prepared>> wanted) {
        return s.stream()
                .filter(message -> message.stable() <= slot - 1)
                .filter(message -> wanted.test(prepared(message, slot)))
                .count();
    }

    private static long vouching(List<ViewChange> s, long slot, Digest choice, long view) {
        return s.stream()
                .filter(message -> message.prePrepared().stream()
                        .anyMatch(entry ->
                                entry.sequence() == slot && entry.digest().equals(choice) && entry.view() >= view))
                .count();
    }

    private static Optional<ViewChange.Prepared> prepared(ViewChange message, long slot) {
        return message.prepared().stream()
                .filter(entry -> entry.sequence() == slot)
                .findFirst();
    }
}
