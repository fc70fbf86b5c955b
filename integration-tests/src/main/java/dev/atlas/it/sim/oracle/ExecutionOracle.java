package dev.atlas.it.sim.oracle;

import dev.atlas.core.application.ExecutionContext;
import dev.atlas.core.types.SessionId;
import dev.atlas.exec.state.KeyValueReply;
import dev.atlas.exec.state.KeyValueRequest;
import dev.atlas.net.identity.ClientId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Correct replicas execute the same operations at the same places with the same results, each operation once.
 *
 * <p>The first replica to execute a sequence number says what belongs there; all others are held to it, operation by operation.
 */
public final class ExecutionOracle {

    private final Violations violations;
    private final Places places;
    private final TreeMap<Long, List<Executed>> log = new TreeMap<>();
    /** The first replica to go beyond a sequence number closes it: its list is complete. */
    private final Map<Long, Boolean> closed = new HashMap<>();

    private final Map<Long, Long> placeOfOperation = new HashMap<>();
    private final Map<Long, Executed> byOperation = new HashMap<>();
    private final Map<Name, Executed> byName = new HashMap<>();
    private long compared;
    private Consumer<Executed> first = unused -> {};

    /** One execution. */
    public record Executed(
            long sequence,
            int index,
            Name name,
            long operation,
            KeyValueRequest request,
            KeyValueReply reply,
            long timeMillis) {}

    /** What is executed at most once, whoever its client is. */
    public record Name(ClientId client, SessionId session, long number) {}

    public ExecutionOracle(Violations violations, Places places) {
        this.violations = violations;
        this.places = places;
    }

    /** Hears of each sequence number that a replica begins to execute. */
    @FunctionalInterface
    public interface Places {

        /**
         * @param name of the replica
         */
        void begun(String name, long sequence);
    }

    /** Tells of each operation when the first correct replica executes it. */
    public void onFirst(Consumer<Executed> listener) {
        first = listener;
    }

    /** A judge for one life of a replica. */
    public Replica replica(String name) {
        return new Replica(name);
    }

    /** Everything executed, in log order. */
    public List<Executed> log() {
        List<Executed> all = new ArrayList<>();
        log.values().forEach(all::addAll);
        return all;
    }

    /** The last sequence number at which anything was executed; 0 before the first. */
    public long last() {
        return log.isEmpty() ? 0 : log.lastKey();
    }

    public Map<Long, Executed> byOperation() {
        return byOperation;
    }

    /** Executions held against those of another replica. */
    public long compared() {
        return compared;
    }

    /** Follows one replica. */
    public final class Replica {
        private final String name;
        private long sequence;
        private int index;

        private Replica(String name) {
            this.name = name;
        }

        /** An ordered operation was executed here. */
        public void executed(ExecutionContext context, long operation, KeyValueRequest request, KeyValueReply reply) {
            if (context.sequence() < sequence) {
                violations.report(name + " executes at " + context.sequence() + " after " + sequence);
                return;
            }
            if (context.sequence() > sequence) {
                leave();
                sequence = context.sequence();
                index = 0;
                places.begun(name, sequence);
            }
            Name called = new Name(context.client(), context.session(), context.number());
            Executed here = new Executed(sequence, index, called, operation, request, reply, context.timeMillis());
            List<Executed> agreed = log.computeIfAbsent(sequence, unused -> new ArrayList<>());
            if (index < agreed.size()) {
                compared++;
                if (!agreed.get(index).equals(here)) {
                    violations.report(
                            name + " executes " + here + " where another replica executed " + agreed.get(index));
                }
            } else if (closed.containsKey(sequence)) {
                violations.report(name + " executes " + here + ", which no other replica did at this sequence number");
            } else {
                begin(here, agreed);
            }
            index++;
        }

        private void begin(Executed here, List<Executed> agreed) {
            agreed.add(here);
            Long earlier = placeOfOperation.putIfAbsent(here.operation, here.sequence);
            byOperation.put(here.operation, here);
            first.accept(here);
            Executed before = byName.putIfAbsent(here.name, here);
            if (before != null) {
                violations.report(here + " has the number of what was executed before: " + before);
            }
            if (earlier != null) {
                violations.report("operation #" + here.operation + " is executed twice, at " + earlier + " and at "
                        + here.sequence);
            }
        }

        private void leave() {
            List<Executed> agreed = log.get(sequence);
            if (agreed != null && index < agreed.size()) {
                violations.report(name + " leaves out " + agreed.get(index));
            }
            closed.put(sequence, true);
        }

        /** The replica starts over from a state at this sequence number. */
        public void restored(long at) {
            sequence = at;
            index = 0;
            List<Executed> agreed = log.get(at);
            index = agreed == null ? 0 : agreed.size();
        }
    }
}
