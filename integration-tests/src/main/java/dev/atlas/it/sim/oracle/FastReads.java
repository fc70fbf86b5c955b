package dev.atlas.it.sim.oracle;

import dev.atlas.exec.state.KeyValueReply;
import dev.atlas.exec.state.KeyValueRequest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * Unordered reads that are promised to be linearizable: each finds a place between two operations of the log, behind all that had returned before it was called,
 * before all that were called after it had returned; reads among themselves likewise.
 *
 * <p>Each read in the order of the calls takes the earliest place that is left to it. A later one would not help anybody: places are bounded from below by
 * other reads and from above by the log alone.
 */
final class FastReads {

    private final List<Operation> inLogOrder;
    private final Map<KeyValueRequest, List<KeyValueReply>> byState;
    private final List<Placed> placed = new ArrayList<>();

    private record Placed(Operation read, int state) {}

    /**
     * @param inLogOrder the operations of the log
     * @param byState what each request would have been answered in each state, that before the first operation first
     */
    FastReads(List<Operation> inLogOrder, Map<KeyValueRequest, List<KeyValueReply>> byState) {
        this.inLogOrder = inLogOrder;
        this.byState = byState;
    }

    void judge(List<Operation> reads, Violations violations) {
        reads.stream()
                .sorted(Comparator.comparingLong(Operation::calledNanos))
                .forEach(read -> place(read, violations));
    }

    private void place(Operation read, Violations violations) {
        List<KeyValueReply> replies = byState.getOrDefault(read.request(), List.of());
        int earliest = earliest(read);
        int latest = Math.min(latest(read), replies.size() - 1);
        for (int state = earliest; state <= latest; state++) {
            if (replies.get(state).equals(read.reply())) {
                placed.add(new Placed(read, state));
                return;
            }
        }
        violations.report(read + " is not linearizable: no state from " + earliest + " to " + latest + " answers so");
    }

    private int earliest(Operation read) {
        int earliest = 0;
        for (int index = 0; index < inLogOrder.size(); index++) {
            if (inLogOrder.get(index).returnedNanos() < read.calledNanos()) {
                earliest = index + 1;
            }
        }
        for (Placed other : placed) {
            if (other.read.returnedNanos() < read.calledNanos()) {
                earliest = Math.max(earliest, other.state);
            }
        }
        return earliest;
    }

    private int latest(Operation read) {
        for (int index = 0; index < inLogOrder.size(); index++) {
            if (inLogOrder.get(index).calledNanos() > read.returnedNanos()) {
                return index;
            }
        }
        return inLogOrder.size();
    }
}
