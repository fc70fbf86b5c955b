package dev.atlas.it.sim.history;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * Records calls and answers in the order in which they happen: that order, not the times told, says what was over before what began. Times are for
 * people.
 */
public final class History<I, O> {

    private final List<Call<I, O>> calls = new ArrayList<>();
    private final List<Event> events = new ArrayList<>();
    /** Calls whose outcome is settled; nothing more may be said of them. */
    private final BitSet ended = new BitSet();

    /** A call, or the answer to one. */
    record Event(int call, boolean answer) {}

    /**
     * A client calls.
     *
     * @return names the call here
     */
    public int invoke(String client, I input, long nanos) {
        int id = calls.size();
        calls.add(new Call<>(id, client, input, nanos, new Call.Fate.Open<>()));
        events.add(new Event(id, false));
        return id;
    }

    /** What a Byzantine client may have called: it may take effect once from now on, whatever the client says of it. */
    public void mayInvoke(String client, I input, long nanos) {
        ended.set(invoke(client, input, nanos));
    }

    /** The client is answered. */
    public void complete(int id, O output, long nanos) {
        end(id, new Call.Fate.Answered<>(output, nanos));
        events.add(new Event(id, true));
    }

    /** The client gives up and will never know; so do all calls that nothing else is said of. */
    public void abandon(int id) {
        end(id, new Call.Fate.Open<>());
    }

    /** The client is told that the operation has not been executed and never will be. */
    public void refuse(int id) {
        end(id, new Call.Fate.Refused<>());
    }

    private void end(int id, Call.Fate<O> how) {
        if (ended.get(id)) {
            throw new IllegalStateException("has ended already: " + calls.get(id));
        }
        ended.set(id);
        calls.set(id, calls.get(id).ended(how));
    }

    public List<Call<I, O>> calls() {
        return List.copyOf(calls);
    }

    List<Event> events() {
        return List.copyOf(events);
    }
}
