package dev.atlas.it.sim.swarm;

import java.util.Map;
import java.util.TreeMap;

/** How often what happened. Owned by one run, or by whoever sums them up. */
public final class Coverage {

    private final Map<String, Long> counts = new TreeMap<>();

    void count(String kind) {
        add(kind, 1);
    }

    void add(String kind, long times) {
        counts.merge(kind, times, Long::sum);
    }

    void add(Coverage other) {
        other.counts.forEach(this::add);
    }

    public long of(String kind) {
        return counts.getOrDefault(kind, 0L);
    }

    public Map<String, Long> counts() {
        return Map.copyOf(counts);
    }

    @Override
    public String toString() {
        return counts.toString();
    }
}
