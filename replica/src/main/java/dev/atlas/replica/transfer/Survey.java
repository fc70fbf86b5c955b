package dev.atlas.replica.transfer;

import dev.atlas.core.application.DivisibleState.PartDescriptor;
import dev.atlas.core.execution.StateDescriptor;
import dev.atlas.core.message.Checkpoint;
import dev.atlas.core.message.CheckpointCertificate;
import dev.atlas.core.statetransfer.TransferMessage;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.replica.transfer.StateTransfer.Event;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** The first two steps of a transfer: which certified state is the highest, and what it consists of. */
final class Survey {

    private final StateTransfer.Step step;
    private final long atLeast;
    private final Map<ReplicaId, CheckpointCertificate> offers = new TreeMap<>();
    private final TreeSet<ReplicaId> answered = new TreeSet<>();

    /** Whose offer is being checked; one at a time, or a source could keep the pool busy with nothing else. */
    private final TreeSet<ReplicaId> checking = new TreeSet<>();

    private final StateInstaller installer;

    Survey(StateTransfer.Step step, CheckpointCertificate needed, StateInstaller installer) {
        this.step = step;
        this.installer = installer;
        this.atLeast = needed.content().sequence();
    }

    /** How it ended. */
    sealed interface Outcome {}

    record Found(CheckpointCertificate certificate, StateDescriptor descriptor) implements Outcome {}

    record NotFound() implements Outcome {}

    Outcome run() throws InterruptedException {
        step.others().forEach(other -> step.send(other, new TransferMessage.AskState(atLeast)));
        long deadline = step.now() + step.settings().parts().patience().toNanos();
        while (!isAnswered() && deadline - step.now() > 0) {
            switch (step.next()) {
                case Event.Arrived arrived -> heard(arrived);
                case Event.OfferChecked checked -> offered(checked);
                case Event.DescriptorChecked ignored -> {}
                case Event.PartsChecked ignored -> {}
                case Event.InstallationEnded ignored -> {}
                case Event.Tick ignored -> {}
            }
        }
        // Whoever alone offers the highest may be lying in wait with it: the next is as certified.
        for (CheckpointCertificate certificate : highestFirst()) {
            if (describe(certificate) instanceof Found found) {
                return found;
            }
        }
        return new NotFound();
    }

    /** While nobody has offered anything, whoever has not answered may be the only one that has a state: others may be lying, or still starting. */
    private boolean isAnswered() {
        return answered.size() >= (offers.isEmpty() ? step.others().size() : step.expected());
    }

    private void offered(Event.OfferChecked checked) {
        checking.remove(checked.from());
        if (checked.stands()) {
            answered.add(checked.from());
            if (sequence(checked.certificate()) >= atLeast) {
                offers.put(checked.from(), checked.certificate());
                installer.certified(checked.from(), checked.certificate());
            }
        }
    }

    private void heard(Event.Arrived arrived) {
        ReplicaId from = arrived.from();
        switch (arrived.answer()) {
            case TransferMessage.StateOffer offer -> {
                if (checking.add(from)) {
                    step.check(() ->
                            new Event.OfferChecked(from, offer.certificate(), step.isCertified(offer.certificate())));
                }
            }
            case TransferMessage.Unavailable unavailable -> {
                if (unavailable.sequence() == atLeast) { // else it is a late answer to something else
                    answered.add(from);
                }
            }
            case TransferMessage.Described ignored -> {}
            case TransferMessage.Parts ignored -> {}
        }
    }

    private Collection<CheckpointCertificate> highestFirst() {
        TreeMap<Long, CheckpointCertificate> bySequence = new TreeMap<>();
        offers.values().forEach(offered -> bySequence.put(sequence(offered), offered));
        return bySequence.descendingMap().values();
    }

    /** Asks those first who offered this very state. */
    private Outcome describe(CheckpointCertificate certificate) throws InterruptedException {
        Checkpoint content = certificate.content();
        Set<ReplicaId> asked = new TreeSet<>();
        List<ReplicaId> sources = new ArrayList<>(step.others());
        sources.sort(
                Comparator.comparing(source -> !offers(source, content.sequence()))); // stable: offering ones first
        for (ReplicaId source : sources) {
            askToKeep(content.sequence(), source);
            if (step.send(source, new TransferMessage.FetchDescriptor(content.sequence()))) {
                asked.add(source);
                Optional<StateDescriptor> descriptor = descriptor(source, content, asked);
                if (descriptor.isPresent() && fits(descriptor.get())) {
                    return new Found(certificate, descriptor.get());
                }
            }
        }
        return new NotFound();
    }

    /**
     * Whoever is asked for a part keeps the state for a while; which part does not matter, and its bytes are of no use yet. A source that is asked for the descriptor
     * could say nothing until all others have forgotten the state, and be the only one to fetch it from.
     */
    private void askToKeep(long sequence, ReplicaId butFor) {
        step.others().stream()
                .filter(other -> !other.equals(butFor))
                .forEach(other -> step.send(other, new TransferMessage.FetchParts(sequence, 0, 1)));
    }

    private boolean offers(ReplicaId source, long sequence) {
        CheckpointCertificate offered = offers.get(source);
        return offered != null && sequence(offered) == sequence;
    }

    /**
     * A good descriptor of this state, also by a source that was asked before and has taken longer; anything else ends the wait for this source.
     *
     * @param asked who may still send one: checking takes long, and is done once for each question
     */
    private Optional<StateDescriptor> descriptor(ReplicaId source, Checkpoint content, Set<ReplicaId> asked)
            throws InterruptedException {
        long deadline = step.now() + step.settings().parts().patience().toNanos();
        while (deadline - step.now() > 0) {
            Event event = step.next();
            if (event instanceof Event.Arrived(ReplicaId from, TransferMessage.Described described, int ignored)) {
                StateDescriptor descriptor = described.descriptor();
                if (descriptor.sequence() == content.sequence() && asked.remove(from)) {
                    step.check(() -> new Event.DescriptorChecked(from, descriptor, isOf(descriptor, content)));
                }
            } else if (event instanceof Event.DescriptorChecked checked
                    && checked.descriptor().sequence() == content.sequence()) {
                if (checked.isGood()) {
                    return Optional.of(checked.descriptor());
                }
                if (checked.from().equals(source)) {
                    return Optional.empty();
                }
            } else if (event
                            instanceof
                            Event.Arrived(ReplicaId from, TransferMessage.Unavailable unavailable, int ignored)
                    && from.equals(source)
                    && unavailable.sequence() == content.sequence()) {
                return Optional.empty();
            }
        }
        return Optional.empty();
    }

    private static boolean isOf(StateDescriptor descriptor, Checkpoint content) {
        return descriptor.sequence() == content.sequence()
                && descriptor.chain().equals(content.chain())
                && descriptor.digest().equals(content.state());
    }

    private boolean fits(StateDescriptor descriptor) {
        int largest = step.settings().largestPart();
        for (PartDescriptor part : descriptor.parts()) {
            if (part.bytes() > largest) {
                throw new IllegalStateException(
                        "the state at " + descriptor.sequence() + " has a part of " + part.bytes() + " bytes, and "
                                + largest
                                + " are the most that can be transferred: divide it further, or raise transferFrame on all replicas");
            }
        }
        return true;
    }

    private static long sequence(CheckpointCertificate certificate) {
        return certificate.content().sequence();
    }
}
