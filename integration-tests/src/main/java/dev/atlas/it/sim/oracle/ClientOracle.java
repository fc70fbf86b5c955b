package dev.atlas.it.sim.oracle;

import dev.atlas.core.application.ExecutionContext;
import dev.atlas.core.types.SessionId;
import dev.atlas.exec.state.KeyValueReply;
import dev.atlas.exec.state.KeyValueRequest;
import dev.atlas.exec.state.KeyValueState;
import dev.atlas.exec.state.KeyValueStore;
import dev.atlas.net.crypto.PublicKey;
import dev.atlas.net.identity.ClientId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What correct clients are told is what the log says: every acknowledged operation is in it, with the answer that sequential execution of the log gives, and
 * an operation that was answered before another one was called stands before it.
 *
 * <p>With the log as witness that is linearizability, and a checker that sees nothing but calls and answers must agree. Unordered reads promise less, unless
 * they are asked to be linearizable: an answer that the state would have given at some moment before they returned.
 */
public final class ClientOracle {

    private static final ExecutionContext NOWHERE =
            new ExecutionContext(ClientId.of(new PublicKey(new byte[1])), SessionId.NONE, 0, 0, 0, 0);

    /** One broken rule breaks others. */
    private static final int MOST_REPORTED = 5;

    private final boolean linearizableReads;
    private final Violations violations;
    private final Map<Long, Operation> operations = new LinkedHashMap<>();
    /** What faulty clients have signed; only what is executed of it counts. */
    private final Map<Long, Operation> possible = new HashMap<>();

    private final Set<Long> refused = new HashSet<>();
    private final Testimony testimony;
    private long answered;

    private record Placed(Operation operation, ExecutionOracle.Executed place) {}

    /**
     * @param linearizableReads whether unordered reads are promised to be
     */
    public ClientOracle(boolean linearizableReads, Violations violations) {
        this.linearizableReads = linearizableReads;
        this.violations = violations;
        this.testimony = new Testimony(linearizableReads);
    }

    public void called(Operation operation) {
        operations.put(operation.id(), operation);
        testimony.called(operation);
    }

    /** A faulty client has signed it: it may happen, or not. */
    public void mayCall(Operation operation) {
        possible.put(operation.id(), operation);
    }

    /**
     * A correct replica is the first to execute something. Only then can anybody see it, so this is when what a faulty client has signed enters the history;
     * entered when it was signed, all that never happens would have to be tried at every place.
     */
    public void executed(ExecutionOracle.Executed executed, long nanos) {
        Operation signed = possible.get(executed.operation());
        if (signed != null) {
            testimony.mayHaveCalled(signed, nanos);
        }
    }

    public void returned(Operation operation, KeyValueReply reply, long nanos) {
        operation.returned(reply, nanos);
        answered++;
        testimony.returned(operation, reply, nanos);
    }

    /** The client was told that the operation has not been executed and never will be. */
    public void refused(Operation operation) {
        refused.add(operation.id());
        testimony.refused(operation);
    }

    public long answered() {
        return answered;
    }

    /** Histories that would have cost too much to check. */
    public long undecided() {
        return testimony.isUndecided() ? 1 : 0;
    }

    public List<Operation> operations() {
        return List.copyOf(operations.values());
    }

    /** Judges the whole run; to be called once, at its end. What clients could notice is said first. */
    public void judge(ExecutionOracle executions) {
        List<String> broken = new ArrayList<>();
        testimony.objection().ifPresent(broken::add);
        compare(executions, broken::add);
        if (!broken.isEmpty()) {
            String more = broken.size() > MOST_REPORTED ? "\nand " + (broken.size() - MOST_REPORTED) + " more" : "";
            violations.report(broken.stream().limit(MOST_REPORTED).collect(Collectors.joining("\n")) + more);
        }
    }

    private void compare(ExecutionOracle executions, Violations found) {
        executions.log().forEach(executed -> checkCalled(executed, found));
        Map<KeyValueRequest, List<KeyValueReply>> answers = replay(executions.log(), found);
        List<Placed> inLogOrder = new ArrayList<>();
        List<Operation> reads = new ArrayList<>();
        for (Operation operation : operations.values()) {
            ExecutionOracle.Executed executed = executions.byOperation().get(operation.id());
            if (executed != null) {
                if (operation.isAnswered() && !executed.reply().equals(operation.reply())) {
                    found.report(operation + " was answered otherwise than executed: " + executed);
                }
                if (refused.contains(operation.id())) {
                    found.report(operation + " was executed, and its client was told that it was not: " + executed);
                }
                inLogOrder.add(new Placed(operation, executed));
            } else if (operation.isAnswered()) {
                if (operation.ordered()) {
                    found.report(operation + " is acknowledged and not in the log");
                } else if (!answers.getOrDefault(operation.request(), List.of()).contains(operation.reply())) {
                    found.report(operation + " is an answer that no state would have given");
                } else {
                    reads.add(operation);
                }
            }
        }
        if (linearizableReads) {
            new FastReads(logged(executions), answers).judge(reads, found);
        }
        realTime(inLogOrder, found);
    }

    /** A replica executes what a client has signed, and as it has signed it. */
    private void checkCalled(ExecutionOracle.Executed executed, Violations found) {
        Operation called = operations.getOrDefault(executed.operation(), possible.get(executed.operation()));
        if (called == null) {
            found.report(executed + " was called by nobody");
        } else if (!called.request().equals(executed.request())) {
            found.report(called + " was executed as " + executed.request());
        }
    }

    /** The callers' side of the log; what correct clients have not called constrains nothing. */
    private List<Operation> logged(ExecutionOracle executions) {
        return executions.log().stream()
                .map(executed -> operations.getOrDefault(
                        executed.operation(),
                        new Operation(executed.operation(), "nobody", executed.request(), true, Long.MIN_VALUE)))
                .toList();
    }

    /** What the sequential execution of the log answers, held against what was answered; and what every read would have seen in each state. */
    private Map<KeyValueRequest, List<KeyValueReply>> replay(List<ExecutionOracle.Executed> log, Violations found) {
        KeyValueStore store = new KeyValueStore();
        KeyValueState state = store.initialState();
        Map<KeyValueRequest, List<KeyValueReply>> possible = new HashMap<>();
        Set<KeyValueRequest> reads = new HashSet<>();
        operations.values().stream()
                .filter(operation -> !operation.ordered())
                .forEach(operation -> reads.add(operation.request()));
        for (KeyValueRequest read : reads) {
            possible.computeIfAbsent(read, unused -> new ArrayList<>())
                    .add(store.executeUnordered(state, read, NOWHERE));
        }
        for (ExecutionOracle.Executed executed : log) {
            KeyValueReply reply = store.execute(state, executed.request(), NOWHERE);
            if (!reply.equals(executed.reply())) {
                found.report(executed + " would have been answered " + reply + " by sequential execution");
            }
            for (KeyValueRequest read : reads) {
                possible.computeIfAbsent(read, unused -> new ArrayList<>())
                        .add(store.executeUnordered(state, read, NOWHERE));
            }
        }
        return possible;
    }

    /** Walks the log backwards: nobody may stand before one that had returned before he was called. */
    private void realTime(List<Placed> executedOnes, Violations found) {
        executedOnes.sort(Comparator.comparingLong((Placed placed) -> placed.place.sequence())
                .thenComparingInt(placed -> placed.place.index())
                .reversed());
        Operation earliestReturned = null;
        for (Placed placed : executedOnes) {
            Operation operation = placed.operation;
            if (earliestReturned != null && earliestReturned.returnedNanos() < operation.calledNanos()) {
                found.report(
                        operation + " stands before " + earliestReturned + ", which had returned before it was called");
                return;
            }
            if (earliestReturned == null || operation.returnedNanos() < earliestReturned.returnedNanos()) {
                earliestReturned = operation;
            }
        }
    }
}
