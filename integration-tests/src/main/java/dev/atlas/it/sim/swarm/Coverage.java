package dev.atlas.it.sim.swarm;

import java.util.Collection;
import java.util.List;
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

    /** Those of the expected that never happened. */
    List<String> absent(Collection<String> expected) {
        return expected.stream().filter(kind -> of(kind) == 0).toList();
    }

    public Map<String, Long> counts() {
        return Map.copyOf(counts);
    }

    @Override
    public String toString() {
        return counts.toString();
    }
}
