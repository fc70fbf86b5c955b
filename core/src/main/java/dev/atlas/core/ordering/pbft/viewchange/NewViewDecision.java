package dev.atlas.core.ordering.pbft.viewchange;

import dev.atlas.core.crypto.Verified;
import dev.atlas.core.message.CheckpointCertificate;
import dev.atlas.core.message.ViewChange;
import dev.atlas.core.types.Membership;
import dev.atlas.net.crypto.Digest;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Chooses a digest for every slot above the highest certified checkpoint, and checks such choices.
 *
 * <p>Let S be the VIEW-CHANGEs and h the highest stable checkpoint in them. For a slot s:
 *
 * <ul>
 *   <li>A: digest d, if some message has (s, d, v) in its P, and (A1) Q messages with a checkpoint below s have in their P for s nothing, an
 *       earlier view, or view v with d, and (A2) f + 1 messages have (s, d) in their Q with view v or later, and (A3) batch and bodies are at
 *       hand;
 *   <li>B: the null batch, if Q messages with a checkpoint below s have nothing for s in their P.
 * </ul>
 *
 * <p>Slots behind the last that is listed are open in the new view, so they need B: where only A permits the null batch, that was proposed, and may have committed.
 *
 * <p>If d committed at s in view v, a quorum prepared it, and each quorum of S contains a correct one of those: B is impossible and so is A for
 * anything else, because later views fixed d as well.
 */
public final class NewViewDecision {

    private NewViewDecision() {}

    /** The outcome of a decision. */
    public sealed interface Result {}

    /**
     * Every slot has a choice.
     *
     * @param stable h
     * @param certificate of h; empty for the genesis
     * @param choices for h + 1, h + 2, … up to the highest slot that A chose
     */
    public record Decided(long stable, Optional<CheckpointCertificate> certificate, List<Digest> choices)
            implements Result {
        public Decided {
            choices = List.copyOf(choices);
        }
    }

    /**
     * Some slot has no choice yet: more of S is needed, or one of these batches.
     *
     * @param batchesThatWouldHelp each once, in ascending order: they are asked for in this one
     */
    public record Waiting(List<Digest> batchesThatWouldHelp) implements Result {
        public Waiting {
            batchesThatWouldHelp = List.copyOf(batchesThatWouldHelp);
        }
    }

    /**
     * @param viewChanges S: valid, for the same view, one for each sender, Q or more
     * @param batchAtHand A3
     */
    public static Result decide(
            Membership membership,
            long window,
            Collection<Verified<ViewChange>> viewChanges,
            Predicate<Digest> batchAtHand,
            Digest nullBatch) {
        Claims claims = new Claims(membership.quorums(), viewChanges);
        List<Digest> choices = new ArrayList<>();
        Set<Digest> wanted = new TreeSet<>();
        int last = 0;
        boolean waiting = false;
        for (long sequence = claims.stable() + 1; sequence <= claims.last(window); sequence++) {
            List<Digest> permitted = claims.permittedByA(sequence);
            Optional<Digest> chosen = permitted.stream().filter(batchAtHand).findFirst();
            if (chosen.isPresent()) {
                choices.add(chosen.get());
                last = choices.size();
            } else if (claims.permittedByB(sequence)) {
                choices.add(nullBatch);
            } else {
                waiting = true;
                wanted.addAll(permitted);
            }
        }
        if (waiting) {
            return new Waiting(List.copyOf(wanted));
        }
        return new Decided(claims.stable(), claims.certificate(), choices.subList(0, last));
    }

    /** Why these choices are not permitted by S, or empty if they are; A3 is the chooser's own affair. */
    public static Optional<String> notPermitted(
            Membership membership,
            long window,
            Collection<Verified<ViewChange>> viewChanges,
            long stable,
            List<Digest> choices,
            Digest nullBatch) {
        long senders = viewChanges.stream().map(Verified::signer).distinct().count();
        if (senders < membership.quorums().quorum() || senders < viewChanges.size()) {
            return Optional.of("it rests on fewer than a quorum of VIEW-CHANGEs, or on two of one sender");
        }
        Claims claims = new Claims(membership.quorums(), viewChanges);
        if (stable != claims.stable()) {
            return Optional.of("it starts at " + stable + " and not at the highest checkpoint " + claims.stable());
        }
        if (choices.size() > window) {
            return Optional.of("it chooses beyond the window");
        }
        for (long sequence = stable + 1;
                sequence <= Math.max(claims.last(window), stable + choices.size());
                sequence++) {
            int index = (int) (sequence - stable - 1);
            if (index >= choices.size()) {
                if (!claims.permittedByB(sequence)) {
                    return Optional.of("slot " + sequence + " may not be left open");
                }
                continue;
            }
            Digest choice = choices.get(index);
            boolean permitted = claims.permittedByA(sequence).contains(choice)
                    || (choice.equals(nullBatch) && claims.permittedByB(sequence));
            if (!permitted) {
                return Optional.of("slot " + sequence + " may not get " + choice.shortHex());
            }
        }
        return Optional.empty();
    }
}
