package dev.atlas.core.ordering.pbft.viewchange;

import dev.atlas.core.crypto.Verified;
import dev.atlas.core.message.ViewChange;
import dev.atlas.core.types.Membership;
import java.util.Optional;

/** What makes a VIEW-CHANGE invalid, signatures and certificates aside: such a message counts for nothing. */
public final class ViewChangeRules {

    private ViewChangeRules() {}

    /** The reason, or empty if the message is valid. */
    public static Optional<String> invalid(Membership membership, long window, Verified<ViewChange> viewChange) {
        ViewChange content = viewChange.content();
        if (!membership.contains(viewChange.signer())) {
            return Optional.of("its sender is no member");
        }
        if (content.newView() < 1) {
            return Optional.of("view 0 is nobody's to ask for");
        }
        if (content.stable() < 0 || content.certificate().isPresent() != content.stable() > 0) {
            return Optional.of("its checkpoint has no certificate, or genesis has one");
        }
        return invalidPrepared(window, content).or(() -> invalidPrePrepared(window, content));
    }

    private static Optional<String> invalidPrepared(long window, ViewChange content) {
        long previous = content.stable();
        for (ViewChange.Prepared entry : content.prepared()) {
            if (entry.sequence() <= previous) {
                return Optional.of("P is not ascending above the checkpoint");
            }
            if (entry.sequence() > content.stable() + window || isLate(entry.view(), content)) {
                return Optional.of("P has an entry outside the window or of a view not yet left");
            }
            previous = entry.sequence();
        }
        return Optional.empty();
    }

    private static Optional<String> invalidPrePrepared(long window, ViewChange content) {
        ViewChange.PrePrepared previous = null;
        long digestsHere = 0;
        for (ViewChange.PrePrepared entry : content.prePrepared()) {
            boolean inWindow = entry.sequence() > content.stable() && entry.sequence() <= content.stable() + window;
            if (!inWindow || isLate(entry.view(), content)) {
                return Optional.of("Q has an entry outside the window or of a view not yet left");
            }
            if (previous != null && !isAscending(previous, entry)) {
                return Optional.of("Q is not ascending");
            }
            digestsHere = previous != null && previous.sequence() == entry.sequence() ? digestsHere + 1 : 1;
            if (digestsHere > content.newView()) {
                return Optional.of("Q has more digests for a slot than there were views");
            }
            previous = entry;
        }
        return Optional.empty();
    }

    private static boolean isLate(long view, ViewChange content) {
        return view < 0 || view >= content.newView();
    }

    private static boolean isAscending(ViewChange.PrePrepared previous, ViewChange.PrePrepared entry) {
        return previous.sequence() < entry.sequence()
                || (previous.sequence() == entry.sequence() && previous.digest().compareTo(entry.digest()) < 0);
    }
}
