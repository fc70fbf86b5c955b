package dev.atlas.core.statetransfer;

import dev.atlas.core.statetransfer.PartSchedule.Ask;
import dev.atlas.core.statetransfer.PartSchedule.Limits;
import dev.atlas.net.identity.ReplicaId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A whole transfer in virtual time: the first sources do as a test says, the others answer after a round trip, over one link of a gigabit to who fetches.
 */
final class SimulatedSources {

    private static final long ROUND_TRIP_NANOS = Duration.ofMillis(1).toNanos();
    private static final Limits LIMITS = new Limits(256, 16 << 20, 64, 2 << 20, Duration.ofSeconds(2));

    private static final long BYTES_PER_SECOND = 125_000_000;
    private static final long TICK_NANOS = LIMITS.patience().toNanos() / 8;

    private final PriorityQueue<Event> events =
            new PriorityQueue<>(Comparator.comparingLong(Event::atNanos).thenComparingInt(Event::number));
    private final List<Behaviour> faulty;
    private final PartSchedule schedule;
    private final long bytes;
    private int numbers;
    private long linkFree;

    /** What one faulty source does with a question. */
    interface Behaviour {

        static Behaviour silent() {
            return (transfer, ask, now) -> {};
        }

        static Behaviour answeringAfter(Duration delay) {
            return (transfer, ask, now) -> transfer.answer(ask, now + delay.toNanos());
        }

        static Behaviour unavailableAfter(Duration delay) {
            return (transfer, ask, now) ->
                    transfer.happens(now + delay.toNanos(), at -> transfer.schedule.unavailable(ask.source(), at));
        }

        /** As many questions as are waiting, one after the other. */
        static Behaviour answeringOneIn(Duration interval) {
            AtomicLong last = new AtomicLong();
            return (transfer, ask, now) -> {
                last.set(Math.max(last.get(), now) + interval.toNanos());
                transfer.answer(ask, last.get());
            };
        }

        void asked(SimulatedSources transfer, Ask ask, long nowNanos);
    }

    private record Event(long atNanos, int number, Happening happening) {}

    private interface Happening {
        void at(long nowNanos);
    }

    private SimulatedSources(List<Behaviour> faulty, int sources, int parts, long bytes) {
        this.faulty = faulty;
        this.bytes = bytes;
        List<ReplicaId> ids = new ArrayList<>();
        for (int id = 0; id < sources; id++) {
            ids.add(new ReplicaId(id));
        }
        schedule = new PartSchedule(ids, parts, index -> bytes, LIMITS, index -> false);
    }

    /** How long it takes until all parts of so many bytes each are handed over. */
    static Duration transfer(List<Behaviour> faulty, int sources, int parts, long bytes) {
        return new SimulatedSources(faulty, sources, parts, bytes).run();
    }

    private Duration run() {
        long now = 0;
        happens(0, this::tick);
        while (true) {
            while (schedule.isNextHere()) {
                schedule.handedOver();
            }
            if (schedule.isComplete()) {
                return Duration.ofNanos(now);
            }
            for (Ask ask : schedule.due(now)) {
                asked(ask, now);
            }
            Event event = events.remove();
            now = event.atNanos();
            event.happening().at(now);
        }
    }

    private void tick(long nowNanos) {
        happens(nowNanos + TICK_NANOS, this::tick);
    }

    private void asked(Ask ask, long nowNanos) {
        if (ask.source().number() < faulty.size()) {
            faulty.get(ask.source().number()).asked(this, ask, nowNanos);
        } else {
            linkFree = Math.max(linkFree, nowNanos + ROUND_TRIP_NANOS)
                    + bytes * Duration.ofSeconds(1).toNanos() / BYTES_PER_SECOND;
            answer(ask, linkFree);
        }
    }

    private void answer(Ask ask, long atNanos) {
        happens(atNanos, at -> schedule.arrived(ask.source(), ask.index(), at));
    }

    private void happens(long atNanos, Happening happening) {
        events.add(new Event(atNanos, numbers++, happening));
    }
}
