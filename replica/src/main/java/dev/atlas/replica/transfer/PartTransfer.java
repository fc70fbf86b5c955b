package dev.atlas.replica.transfer;

import dev.atlas.core.application.DivisibleState.Part;
import dev.atlas.core.application.DivisibleState.PartDescriptor;
import dev.atlas.core.execution.CheckpointSnapshot;
import dev.atlas.core.execution.StateDescriptor;
import dev.atlas.core.execution.StateInstallation;
import dev.atlas.core.execution.StatePiece;
import dev.atlas.core.execution.StateTransferPort;
import dev.atlas.core.statetransfer.PartSchedule;
import dev.atlas.core.statetransfer.TransferMessage;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.replica.metrics.StateTransferEvent;
import dev.atlas.replica.metrics.StateTransferProgressEvent;
import dev.atlas.replica.transfer.StateTransfer.Event;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The last step of a transfer: every part that differs from a local one, from all sources at once, into the executor. */
final class PartTransfer {

    private static final long REPORT_NANOS = Duration.ofSeconds(5).toNanos();

    /** About how long execution stands still for a state that is not wanted any more; each question is a letter to the orchestrator. */
    private static final long WANTED_NANOS = Duration.ofMillis(200).toNanos();

    private final StateTransfer.Step step;
    private final Survey.Found found;
    private final StateInstaller installer;
    private final StateTransferPort executor;
    private final long giveUpNanos;
    private final StateTransferEvent event;
    private final List<PartDescriptor> parts;
    private final Local local;
    private final PartSchedule schedule;
    private final Reminders reminders;

    /** Index of the smallest part. */
    private final int smallest;

    /** Checked parts that wait for earlier ones. */
    private final Map<Integer, Part> checked = new TreeMap<>();

    private Optional<StateInstallation> ended = Optional.empty();

    /** When a part was last checked or handed over. */
    private long progressNanos;

    private long reportedNanos;

    /** When it was last asked whether the state is wanted. */
    private long wantedNanos;

    private long fetchedBytes;

    PartTransfer(
            StateTransfer.Step step,
            Survey.Found found,
            StateInstaller installer,
            StateTransferPort executor,
            Duration giveUpAfter,
            StateTransferEvent event) {
        this.step = step;
        this.found = found;
        this.installer = installer;
        this.executor = executor;
        this.giveUpNanos = giveUpAfter.toNanos();
        this.event = event;
        this.parts = found.descriptor().parts();
        this.local = new Local(found.descriptor(), executor.latestCheckpoint());
        this.schedule = new PartSchedule(
                step.others(),
                parts.size(),
                index -> parts.get(index).bytes(),
                step.settings().parts(),
                local::has);
        this.reminders = new Reminders(step.others(), step.now());
        this.smallest = smallest();
    }

    private enum Fetched {
        ALL,
        OVERTAKEN,
        TOO_LITTLE
    }

    /** False if it is to be tried again. */
    boolean run() throws InterruptedException {
        StateDescriptor descriptor = found.descriptor();
        event.sequence = descriptor.sequence();
        if (!installer.wants(found.certificate())) {
            return overtaken(); // before the executor waits for it
        }
        StateTransfer.log(
                "{} fetches the state at {}: {} parts, {} bytes",
                step.self(),
                descriptor.sequence(),
                parts.size(),
                bytes());
        if (!installer.prepare(outcome -> step.post(new Event.InstallationEnded(outcome)))) {
            return false;
        }
        progressNanos = step.now();
        reportedNanos = progressNanos;
        wantedNanos = progressNanos;
        record();
        executor.transfer(new StatePiece.Begin(descriptor));
        Fetched fetched = fetchAll();
        event.parts = schedule.next();
        event.bytes = fetchedBytes;
        return switch (fetched) {
            case ALL -> install();
            case OVERTAKEN -> {
                abort();
                yield overtaken();
            }
            case TOO_LITTLE -> {
                abort();
                event.outcome = "no source delivers";
                yield false;
            }
        };
    }

    private boolean install() throws InterruptedException {
        if (!installer.commit(found.certificate())) {
            abort();
            return overtaken();
        }
        executor.transfer(new StatePiece.End());
        awaitEnd();
        requireNoRefusal();
        event.outcome = "installed";
        StateTransfer.log(
                "{} has the state at {}; {} bytes were fetched",
                step.self(),
                found.descriptor().sequence(),
                fetchedBytes);
        return true;
    }

    /** What was decided here covers the state: there is nothing to try again. */
    private boolean overtaken() {
        event.outcome = "overtaken by the log";
        StateTransfer.log(
                "{} has decided what the state at {} covers and does not need it any more",
                step.self(),
                found.descriptor().sequence());
        return true;
    }

    private Fetched fetchAll() throws InterruptedException {
        while (true) {
            if (isNextReady()) {
                handOver();
            }
            if (schedule.isComplete()) {
                return Fetched.ALL;
            }
            if (!isWanted()) {
                return Fetched.OVERTAKEN;
            }
            takeWaiting();
            ask();
            requireNoRefusal();
            if (schedule.isExhausted() || step.now() - progressNanos > giveUpNanos) {
                return Fetched.TOO_LITTLE;
            }
            if (!isNextReady()) {
                happened(step.next());
            }
        }
    }

    /**
     * What has happened while the executor or the orchestrator kept this thread waiting, and no more, or a source that never stops sending would: whose answer is
     * here is not to be blamed that nobody has looked at it.
     */
    private void takeWaiting() throws InterruptedException {
        for (int waiting = step.waiting(); waiting > 0; waiting--) {
            happened(step.next());
        }
    }

    /** As it was when last asked. */
    private boolean isWanted() throws InterruptedException {
        long now = step.now();
        if (now - wantedNanos < WANTED_NANOS) {
            return true;
        }
        wantedNanos = now;
        return installer.wants(found.certificate());
    }

    /** Nothing was aborted: the executor would refuse the parts of this state each time. */
    private void requireNoRefusal() {
        if (ended.isPresent() && ended.get() instanceof StateInstallation.Refused refused) {
            throw new IllegalStateException("the certified state at "
                    + found.descriptor().sequence() + " cannot be installed: " + refused.reason());
        }
    }

    private void ask() {
        long sequence = found.descriptor().sequence();
        for (PartSchedule.Ask ask : schedule.due(step.now())) {
            if (step.send(ask.source(), new TransferMessage.FetchPart(sequence, ask.index()))) {
                reminders.asked(ask.source(), step.now());
            } else {
                schedule.unavailable(ask.source(), step.now());
            }
        }
    }

    /** The answer is of no use, and so the smallest there is. */
    private void remind() {
        long sequence = found.descriptor().sequence();
        for (ReplicaId source : reminders.due(step.now())) {
            if (step.send(source, new TransferMessage.FetchPart(sequence, smallest))) {
                reminders.asked(source, step.now());
            }
        }
    }

    private void happened(Event happened) {
        switch (happened) {
            case Event.Arrived arrived -> arrived(arrived);
            case Event.PartChecked part -> checked(part);
            case Event.InstallationEnded installation -> ended = Optional.of(installation.outcome());
            case Event.Tick ignored -> {
                report();
                remind();
            }
            case Event.OfferChecked ignored -> {}
            case Event.DescriptorChecked ignored -> {}
        }
    }

    private void arrived(Event.Arrived arrived) {
        long sequence = found.descriptor().sequence();
        switch (arrived.answer()) {
            case TransferMessage.Part part -> {
                if (part.sequence() == sequence && schedule.arrived(arrived.from(), part.index(), step.now())) {
                    check(arrived.from(), part);
                }
            }
            case TransferMessage.Unavailable unavailable -> {
                if (unavailable.sequence() == sequence) {
                    schedule.unavailable(arrived.from(), step.now());
                }
            }
            case TransferMessage.StateOffer ignored -> {}
            case TransferMessage.Described ignored -> {}
        }
    }

    /** One of another size is refused at once: while it waited for its check, it would take up memory that nobody has counted. */
    private void check(ReplicaId from, TransferMessage.Part part) {
        long sequence = part.sequence();
        if (part.bytes().size() == parts.get(part.index()).bytes()) {
            step.check(() -> new Event.PartChecked(from, sequence, part.index(), read(part)));
        } else {
            checked(new Event.PartChecked(from, sequence, part.index(), Optional.empty()));
        }
    }

    /** On the compute pool. An application that fails on the bytes of a liar, with whatever exception, has not recognised them. */
    private Optional<Part> read(TransferMessage.Part part) {
        try {
            return Optional.of(executor.read(found.descriptor(), part.index(), part.bytes()));
        } catch (Exception unreadable) { // a checked one too: not every language has them declared
            return Optional.empty();
        }
    }

    private void checked(Event.PartChecked outcome) {
        if (outcome.sequence() != found.descriptor().sequence()) {
            return; // of a run before this one
        }
        if (outcome.read().isPresent()) {
            checked.put(outcome.index(), outcome.read().get());
            fetchedBytes += parts.get(outcome.index()).bytes();
            progressNanos = step.now();
        } else {
            StateTransfer.log(
                    "{} has sent a part that is none of the certified state and is not asked again", outcome.from());
            event.liars++;
            schedule.refused(outcome.from(), outcome.index());
            reminders.exclude(outcome.from());
        }
    }

    /** Blocks while the executor is not ready for it, for which no source can be blamed. */
    private void handOver() throws InterruptedException {
        int index = schedule.next();
        Part fetched = checked.remove(index);
        executor.transfer(new StatePiece.Part(index, fetched == null ? local.part(index) : fetched));
        schedule.handedOver();
        progressNanos = step.now();
    }

    private boolean isNextReady() {
        int next = schedule.next();
        return schedule.isNextHere() && (checked.containsKey(next) || local.has(next));
    }

    private void report() {
        if (step.now() - reportedNanos >= REPORT_NANOS) {
            reportedNanos = step.now();
            record();
            StateTransfer.log(
                    "{} has {} of {} parts of the state at {}",
                    step.self(),
                    schedule.next(),
                    parts.size(),
                    found.descriptor().sequence());
        }
    }

    private void record() {
        StateTransferProgressEvent progress = new StateTransferProgressEvent();
        progress.sequence = found.descriptor().sequence();
        progress.parts = schedule.next();
        progress.ofParts = parts.size();
        progress.bytes = fetchedBytes;
        progress.commit();
    }

    /** The executor keeps the state that it has. */
    private void abort() throws InterruptedException {
        if (ended.isEmpty()) {
            executor.transfer(new StatePiece.Abort());
            awaitEnd();
        }
    }

    private void awaitEnd() throws InterruptedException {
        while (ended.isEmpty()) {
            happened(step.next());
        }
    }

    private int smallest() {
        int smallest = 0;
        for (int index = 1; index < parts.size(); index++) {
            if (parts.get(index).bytes() < parts.get(smallest).bytes()) {
                smallest = index;
            }
        }
        return smallest;
    }

    private long bytes() {
        return parts.stream().mapToLong(PartDescriptor::bytes).sum();
    }

    /** Parts of the last own checkpoint that are parts of the new state too. */
    private static final class Local {

        private final Optional<CheckpointSnapshot> snapshot;

        /** Index in the new state to index in ours. */
        private final Map<Integer, Integer> indexes = new HashMap<>();

        Local(StateDescriptor wanted, Optional<CheckpointSnapshot> snapshot) {
            this.snapshot = snapshot;
            Map<PartDescriptor, Integer> own = new HashMap<>();
            snapshot.ifPresent(kept -> {
                List<PartDescriptor> ours = kept.descriptor().application();
                for (int index = 0; index < ours.size(); index++) {
                    own.put(ours.get(index), index);
                }
            });
            for (int index = 0; index < wanted.application().size(); index++) {
                Integer ours = own.get(wanted.application().get(index));
                if (ours != null) {
                    indexes.put(index, ours);
                }
            }
        }

        boolean has(int index) {
            return indexes.containsKey(index);
        }

        Part part(int index) {
            Integer ours = indexes.get(index);
            if (ours == null) {
                throw new IllegalArgumentException("part " + index + " is not here");
            }
            return snapshot.orElseThrow().part(ours);
        }
    }
}
