package dev.atlas.replica.orchestrator;

import dev.atlas.core.ordering.Action;
import dev.atlas.core.ordering.LogRecord;
import dev.atlas.net.env.Clock;
import dev.atlas.replica.metrics.CheckpointEvent;
import dev.atlas.replica.metrics.ConsensusEvent;
import dev.atlas.replica.metrics.ViewChangeEvent;
import java.util.TreeMap;

/**
 * Times consensus instances and view changes from the effects that pass by, so that the pure protocol emits no events itself. Owned by the orchestrator's
 * thread; holds at most the window.
 */
final class InstanceTracer {

    private final Clock clock;
    private final TreeMap<Long, Times> open = new TreeMap<>();
    private long leftViewAt;

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

    void leftView() {
        leftViewAt = leftViewAt == 0 ? clock.nanoTime() : leftViewAt;
    }

    void enteredView(long view, String cause) {
        ViewChangeEvent event = new ViewChangeEvent();
        event.view = view;
        event.cause = cause;
        event.interruptionNanos = leftViewAt == 0 ? 0 : clock.nanoTime() - leftViewAt;
        event.commit();
        leftViewAt = 0;
    }

    /** {@code prepared} is 0 until known. */
    private record Times(long proposed, long prepared) {}
}
