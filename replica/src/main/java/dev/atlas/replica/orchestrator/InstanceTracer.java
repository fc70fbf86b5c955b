package dev.atlas.replica.orchestrator;

import dev.atlas.core.ordering.Action;
import dev.atlas.core.ordering.LogRecord;
import dev.atlas.core.ordering.ViewChangeCause;
import dev.atlas.net.env.Clock;
import dev.atlas.replica.metrics.CheckpointEvent;
import dev.atlas.replica.metrics.ConsensusEvent;
import dev.atlas.replica.metrics.ViewChangeEvent;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Times consensus instances and view changes from the effects that pass by, so that the pure protocol emits no events itself. Owned by the orchestrator's
 * thread; holds at most the window.
 */
final class InstanceTracer {

    private final Clock clock;
    private final TreeMap<Long, Times> open = new TreeMap<>();
    private Optional<Leaving> left = Optional.empty();

    InstanceTracer(Clock clock) {
        this.clock = clock;
    }

    void record(LogRecord record) {
        switch (record) {
            case LogRecord.PrePrepared accepted -> open.put(accepted.sequence(), new Times(clock.nanoTime(), 0L));
            case LogRecord.Prepared prepared ->
                open.computeIfPresent(
                        prepared.sequence(), (sequence, times) -> new Times(times.proposed, clock.nanoTime()));
            case LogRecord.Stable ignored -> {}
            case LogRecord.ViewChanging ignored -> {}
            case LogRecord.ViewEntered ignored -> {}
            case LogRecord.Voter ignored -> {}
        }
    }

    void decided(Action.Decide decision) {
        Times times = open.remove(decision.sequence());
        ConsensusEvent event = new ConsensusEvent();
        if (!event.isEnabled()) {
            return;
        }
        event.sequence = decision.sequence();
        event.view = decision.view();
        event.bundles = decision.batch().bundles().size();
        if (times != null) {
            event.preparedNanos = times.prepared == 0 ? 0 : times.prepared - times.proposed;
            event.decidedNanos = clock.nanoTime() - times.proposed;
        }
        event.commit();
    }

    void stable(long sequence) {
        open.headMap(sequence, true).clear();
        CheckpointEvent event = new CheckpointEvent();
        event.sequence = sequence;
        event.commit();
    }

    /** Views that are asked for on the way, and do not open, count with the one that does. */
    void leftView(ViewChangeCause cause) {
        left = left.or(() -> Optional.of(new Leaving(cause, clock.nanoTime())));
    }

    void enteredView(long view) {
        ViewChangeEvent event = new ViewChangeEvent();
        event.view = view;
        event.cause = left.map(leaving -> leaving.cause().name()).orElse(ViewChangeEvent.FOLLOWED);
        event.interruptionNanos =
                left.map(leaving -> clock.nanoTime() - leaving.nanos()).orElse(0L);
        event.commit();
        left = Optional.empty();
    }

    private record Leaving(ViewChangeCause cause, long nanos) {}

    /** {@code prepared} is 0 until known. */
    private record Times(long proposed, long prepared) {}
}
