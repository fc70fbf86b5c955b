package dev.atlas.replica.transfer;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.DivisibleState.Part;
import dev.atlas.core.application.DivisibleState.PartDescriptor;
import dev.atlas.core.execution.CheckpointSnapshot;
import dev.atlas.core.execution.StateDescriptor;
import dev.atlas.core.execution.StateInstallation;
import dev.atlas.core.execution.StatePiece;
import dev.atlas.core.execution.StateTransferPort;
import dev.atlas.core.statetransfer.PartSchedule;
import dev.atlas.core.statetransfer.Span;
import dev.atlas.core.statetransfer.TransferMessage;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.replica.metrics.StateTransferEvent;
import dev.atlas.replica.metrics.StateTransferProgressEvent;
import dev.atlas.replica.transfer.StateTransfer.Event;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
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

    /** Of all parts, in their order; the schedule is over these. */
    private final List<Span> spans;

    /** By the first part. */
    private final Map<Integer, Integer> spanOf = new HashMap<>();

    private final PartSchedule schedule;
    private final Reminders reminders;

    /** Index of the smallest part. */
    private final int smallest;

    /** Checked parts that wait for earlier ones, by span. */
    private final Map<Integer, List<Part>> checked = new TreeMap<>();

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
        this.spans = Span.divide(parts, local::has, step.settings().together());
        for (int span = 0; span < spans.size(); span++) {
            spanOf.put(spans.get(span).first(), span);
        }
        this.schedule = new PartSchedule(
                step.others(),
                spans.size(),
                span -> spans.get(span).bytes(),
                step.settings().parts(),
                span -> spans.get(span).isLocal());
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
        event.parts = handedOver();
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
            Span span = spans.get(ask.index());
            if (step.send(ask.source(), new TransferMessage.FetchParts(sequence, span.first(), span.count()))) {
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
            if (step.send(source, new TransferMessage.FetchParts(sequence, smallest, 1))) {
                reminders.asked(source, step.now());
            }
        }
    }

    private void happened(Event happened) {
        switch (happened) {
            case Event.Arrived arrived -> arrived(arrived);
            case Event.PartsChecked parts -> checked(parts);
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
            case TransferMessage.Parts arriving -> {
                OptionalInt index = span(arriving.sequence(), arriving.first(), arriving.count());
                if (index.isPresent() && schedule.arrived(arrived.from(), index.getAsInt(), step.now())) {
                    check(arrived.from(), spans.get(index.getAsInt()), arriving.bytes());
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

    /** None if these parts are of another state, or were put together otherwise, in a run before this one. */
    private OptionalInt span(long sequence, int first, int count) {
        Integer index = spanOf.get(first);
        return index != null
                        && sequence == found.descriptor().sequence()
                        && count == spans.get(index).count()
                ? OptionalInt.of(index)
                : OptionalInt.empty();
    }

    /** Those of another size are refused at once: while they waited for their check, they would take up memory that nobody has counted. */
    private void check(ReplicaId from, Span span, ByteString bytes) {
        long sequence = found.descriptor().sequence();
        if (bytes.size() == span.bytes()) {
            step.check(() -> new Event.PartsChecked(from, sequence, span, read(span, bytes)));
        } else {
            checked(new Event.PartsChecked(from, sequence, span, Optional.empty()));
        }
    }

    /** On the compute pool. An application that fails on the bytes of a liar, with whatever exception, has not recognised them. */
    private Optional<List<Part>> read(Span span, ByteString bytes) {
        try {
            return Optional.of(readAll(span, bytes));
        } catch (Exception unreadable) { // a checked one too: not every language has them declared
            return Optional.empty();
        }
    }

    private List<Part> readAll(Span span, ByteString bytes) throws IOException {
        List<Part> read = new ArrayList<>(span.count());
        int at = 0;
        for (int index = span.first(); index < span.first() + span.count(); index++) {
            int end = at + Math.toIntExact(parts.get(index).bytes());
            read.add(executor.read(found.descriptor(), index, bytes.substring(at, end)));
            at = end;
        }
        return read;
    }

    private void checked(Event.PartsChecked outcome) {
        OptionalInt index =
                span(outcome.sequence(), outcome.span().first(), outcome.span().count());
        if (index.isEmpty()) {
            return;
        }
        if (outcome.read().isPresent()) {
            checked.put(index.getAsInt(), outcome.read().get());
            fetchedBytes += outcome.span().bytes();
            progressNanos = step.now();
        } else {
            StateTransfer.log(
                    "{} has sent a part that is none of the certified state and is not asked again", outcome.from());
            event.liars++;
            schedule.refused(outcome.from(), index.getAsInt());
            reminders.exclude(outcome.from());
        }
    }

    /** Blocks while the executor is not ready for it, for which no source can be blamed. */
    private void handOver() throws InterruptedException {
        Span span = spans.get(schedule.next());
        List<Part> fetched = checked.remove(schedule.next());
        for (int offset = 0; offset < span.count(); offset++) {
            int index = span.first() + offset;
            executor.transfer(new StatePiece.Part(index, fetched == null ? local.part(index) : fetched.get(offset)));
        }
        schedule.handedOver();
        progressNanos = step.now();
    }

    private boolean isNextReady() {
        int next = schedule.next();
        return schedule.isNextHere()
                && (checked.containsKey(next) || spans.get(next).isLocal());
    }

    /** In parts. */
    private int handedOver() {
        int next = schedule.next();
        return next == spans.size() ? parts.size() : spans.get(next).first();
    }

    private void report() {
        if (step.now() - reportedNanos >= REPORT_NANOS) {
            reportedNanos = step.now();
            record();
            StateTransfer.log(
                    "{} has {} of {} parts of the state at {}",
                    step.self(),
                    handedOver(),
                    parts.size(),
                    found.descriptor().sequence());
        }
    }

    private void record() {
        StateTransferProgressEvent progress = new StateTransferProgressEvent();
        progress.sequence = found.descriptor().sequence();
        progress.parts = handedOver();
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
