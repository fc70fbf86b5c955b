package dev.atlas.core.ordering.pbft.viewchange;

import dev.atlas.core.crypto.Verified;
import dev.atlas.core.message.ViewChange;
import dev.atlas.core.types.Quorums;
import dev.atlas.net.crypto.Digest;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * The conditions of TOCS'02, section 4.4, word by word: for every subset question it looks at every message anew. Slow, and obviously the rule. The
 * three switches weaken one condition each.
 */
record LiteralRules(Quorums quorums, long window, List<ViewChange> s, boolean a1, boolean a2, boolean b) {

    LiteralRules(Quorums quorums, long window, List<Verified<ViewChange>> s) {
        this(quorums, window, s.stream().map(Verified::content).toList(), true, true, true);
    }

    long h() {
        return s.stream().mapToLong(ViewChange::stable).max().orElse(0);
    }

    /** A without A3. */
    boolean permitsA(long slot, Digest digest) {
        for (ViewChange message : s) {
            for (ViewChange.Prepared entry : message.prepared()) {
                if (entry.sequence() == slot
                        && entry.digest().equals(digest)
                        && (!a1 || a1(slot, digest, entry.view()))
                        && (!a2 || a2(slot, digest, entry.view()))) {
                    return true;
                }
            }
        }
        return false;
    }

    private boolean a1(long slot, Digest digest, long view) {
        int agreeing = 0;
        for (ViewChange message : s) {
            Optional<ViewChange.Prepared> entry = entry(message, slot);
            boolean agrees = entry.isEmpty()
                    || entry.get().view() < view
                    || (entry.get().view() == view && entry.get().digest().equals(digest));
            if (message.stable() <= slot - 1 && agrees) {
                agreeing++;
            }
        }
        return agreeing >= quorums.quorum();
    }

    private boolean a2(long slot, Digest digest, long view) {
        int vouching = 0;
        for (ViewChange message : s) {
            boolean vouches = message.prePrepared().stream()
                    .anyMatch(
                            entry -> entry.sequence() == slot && entry.digest().equals(digest) && entry.view() >= view);
            vouching += vouches ? 1 : 0;
        }
        return vouching >= quorums.weakQuorum();
    }

    boolean permitsB(long slot) {
        int silent = 0;
        for (ViewChange message : s) {
            if (message.stable() <= slot - 1 && entry(message, slot).isEmpty()) {
                silent++;
            }
        }
        return silent >= (b ? quorums.quorum() : quorums.weakQuorum());
    }

    private static Optional<ViewChange.Prepared> entry(ViewChange message, long slot) {
        return message.prepared().stream()
                .filter(entry -> entry.sequence() == slot)
                .findFirst();
    }

    private Set<Digest> digests(long slot) {
        Set<Digest> digests = new TreeSet<>();
        s.forEach(message -> message.prepared().stream()
                .filter(entry -> entry.sequence() == slot)
                .forEach(entry -> digests.add(entry.digest())));
        return digests;
    }

    /** Whether every slot of the window has a choice. */
    boolean decides(Predicate<Digest> atHand) {
        for (long slot = h() + 1; slot <= h() + window; slot++) {
            long candidate = slot;
            boolean chosen = permitsB(slot)
                    || digests(slot).stream().anyMatch(digest -> atHand.test(digest) && permitsA(candidate, digest));
            if (!chosen) {
                return false;
            }
        }
        return true;
    }

    /** Whether each of these choices is permitted, and each slot behind them may be left open: nothing can have committed there. */
    boolean permits(List<Digest> choices, Digest nullBatch) {
        for (long slot = h() + 1; slot <= h() + window; slot++) {
            int index = (int) (slot - h() - 1);
            if (index >= choices.size()) {
                if (!permitsB(slot)) {
                    return false;
                }
                continue;
            }
            Digest choice = choices.get(index);
            if (!permitsA(slot, choice) && !(choice.equals(nullBatch) && permitsB(slot))) {
                return false;
            }
        }
        return choices.size() <= window;
    }
}
