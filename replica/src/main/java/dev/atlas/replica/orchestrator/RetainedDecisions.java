package dev.atlas.replica.orchestrator;

import dev.atlas.core.message.RequestBundle;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * How much the retained decisions hold, so that the protocol, which knows no bytes, can be told which to forget. Owned by the orchestrator's thread; bounded by
 * the window and the retention.
 */
final class RetainedDecisions {

    private final long keptBelowStable;

    /** Bytes of each decision of this run that may still be retained. */
    private final TreeMap<Long, Long> bytes = new TreeMap<>();

    private long stable;

    /** What is decided later, and lies lower, is retained again: a replica that is behind knows what is stable before it has decided that. */
    private long forgotten;

    /**
     * @param keptBelowStable slots that the protocol retains below the stable checkpoint at most
     */
    RetainedDecisions(long keptBelowStable) {
        this.keptBelowStable = keptBelowStable;
    }

    void decided(long sequence, List<RequestBundle> bundles) {
        long size = 0;
        for (RequestBundle bundle : bundles) {
            size += bundle.footprint();
        }
        bytes.put(sequence, size);
    }

    void stable(long sequence) {
        stable = Math.max(stable, sequence);
        bytes.headMap(stable - keptBelowStable).clear();
    }

    /** Up to where to forget so as to free so much, or all that may be forgotten; empty if nothing is left. What a run before this one has left lies lowest. */
    OptionalLong forget(long excess) {
        if (forgotten >= stable && bytes.headMap(stable, true).isEmpty()) {
            return OptionalLong.empty();
        }
        long through = stable;
        long freed = 0;
        for (Map.Entry<Long, Long> entry : bytes.headMap(stable, true).entrySet()) {
            freed += entry.getValue();
            if (freed >= excess) {
                through = entry.getKey();
                break;
            }
        }
        forgotten = Math.max(forgotten, through);
        bytes.headMap(through, true).clear();
        return OptionalLong.of(through);
    }
}
