package dev.atlas.it.sim.history;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Configurations that have been looked at. Of two that differ only in the open operations that have taken effect, the one with fewer can be continued in every
 * way in which the other can, for an open operation never has to take effect: the other is as good as visited.
 */
final class Visited<S> {

    private final Map<Key<S>, List<BitSet>> openOnes = new HashMap<>();
    private long comparisons;

    private record Key<S>(int answers, S state, BitSet answered) {}

    /**
     * False if this configuration, or a better one, was visited before.
     *
     * @param answers how many answers it explains
     */
    boolean add(int answers, Configuration<S> configuration) {
        Key<S> key = new Key<>(answers, configuration.state(), configuration.answered());
        List<BitSet> alike = openOnes.computeIfAbsent(key, unused -> new ArrayList<>(1));
        for (BitSet open : alike) {
            comparisons++;
            if (isSubset(open, configuration.open())) {
                return false;
            }
        }
        alike.add(configuration.open());
        return true;
    }

    /** Two configurations each: with many open operations, most of what a search costs. */
    long comparisons() {
        return comparisons;
    }

    private static boolean isSubset(BitSet small, BitSet large) {
        for (int bit = small.nextSetBit(0); bit >= 0; bit = small.nextSetBit(bit + 1)) {
            if (!large.get(bit)) {
                return false;
            }
        }
        return true;
    }
}
