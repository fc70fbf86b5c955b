package dev.atlas.replica.orchestrator;

import dev.atlas.core.ordering.TimerKey;
import dev.atlas.net.env.Timers;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** The protocol's timers: a fired one becomes a letter. Owned by the orchestrator's thread. */
final class ProtocolTimers {

    private final Timers timers;
    private final Consumer<Letter.TimerFired> mailbox;
    private final Map<TimerKey, Running> running = new LinkedHashMap<>();
    private long generation;

    ProtocolTimers(Timers timers, Consumer<Letter.TimerFired> mailbox) {
        this.timers = timers;
        this.mailbox = mailbox;
    }

    /** Replaces one of the same key. */
    void start(TimerKey key, Duration delay) {
        stop(key);
        long mine = ++generation;
        running.put(
                key, new Running(mine, timers.schedule(delay, () -> mailbox.accept(new Letter.TimerFired(key, mine)))));
    }

    void stop(TimerKey key) {
        Running stopped = running.remove(key);
        if (stopped != null) {
            stopped.timer.cancel();
        }
    }

    /** Whether the timer still counts: a letter may have been posted just before its timer was stopped. */
    boolean fired(Letter.TimerFired letter) {
        Running current = running.get(letter.timer());
        if (current == null || current.generation != letter.generation()) {
            return false;
        }
        running.remove(letter.timer());
        return true;
    }

    void stopAll() {
        running.values().forEach(entry -> entry.timer.cancel());
        running.clear();
    }

    List<String> names() {
        return running.keySet().stream().map(Object::toString).toList();
    }

    private record Running(long generation, Timers.Timer timer) {}
}
