package dev.atlas.it.sim.oracle;

import dev.atlas.core.application.ExecutionContext;
import dev.atlas.core.types.SessionId;
import dev.atlas.exec.state.KeyValueReply;
import dev.atlas.exec.state.KeyValueRequest;
import dev.atlas.exec.state.KeyValueState;
import dev.atlas.exec.state.KeyValueStore;
import dev.atlas.it.sim.history.History;
import dev.atlas.it.sim.history.KeyValueModel;
import dev.atlas.it.sim.history.LinearizabilityChecker;
import dev.atlas.it.sim.history.Verdict;
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

    private final boolean linearizableReads;
    private final Violations violations;
    private final Map<Long, Operation> operations = new LinkedHashMap<>();
    /** What faulty clients have signed; only what is executed of it counts. */
    private final Map<Long, Operation> possible = new HashMap<>();

    private final Set<Long> refused = new HashSet<>();
    /** Ordered operations only, as their clients saw them. */
    private final History<KeyValueRequest, KeyValueReply> history = new History<>();

    private final Map<Long, Integer> placesInHistory = new HashMap<>();
    private final LinearizabilityChecker<?, KeyValueRequest, KeyValueReply> checker =
            new LinearizabilityChecker<>(new KeyValueModel());
    private long answered;
    private long undecided;

    private record Placed(Operation operation, ExecutionOracle.Executed place) {}

    /**
     * @param linearizableReads whether unordered reads are promised to be
     */
    public ClientOracle(boolean linearizableReads, Violations violations) {
        this.linearizableReads = linearizableReads;
        this.violations = violations;
    }

    public void called(Operation operation) {
        operations.put(operation.id(), operation);
        if (operation.ordered()) {
            placesInHistory.put(
                    operation.id(), history.invoke(operation.client(), operation.request(), operation.calledNanos()));
        }
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
            history.mayInvoke(signed.client() + " #" + signed.id(), signed.request(), nanos);
        }
    }

    public void returned(Operation operation, KeyValueReply reply, long nanos) {
        operation.returned(reply, nanos);
        answered++;
        Integer place = placesInHistory.get(operation.id());
        if (place != null) {
            history.complete(place, reply, nanos);
        }
    }

    /** The client was told that the operation has not been executed and never will be. */
    public void refused(Operation operation) {
        refused.add(operation.id());
        Integer place = placesInHistory.get(operation.id());
        if (place != null) {
            history.refuse(place);
        }
    }

    public long answered() {
        return answered;
    }

    /** Histories that would have cost too much to check. */
    public long undecided() {
        return undecided;
    }

    public List<Operation> operations() {
        return List.copyOf(operations.values());
    }

    /** Judges the whole run; to be called once, at its end. */
    public void judge(ExecutionOracle executions) {
        executions.log().forEach(this::checkCalled);
        Map<KeyValueRequest, List<KeyValueReply>> answers = replay(executions.log());
        List<Placed> inLogOrder = new ArrayList<>();
        List<Operation> reads = new ArrayList<>();
        for (Operation operation : operations.values()) {
            ExecutionOracle.Executed executed = executions.byOperation().get(operation.id());
            if (executed != null) {
                if (operation.isAnswered() && !executed.reply().equals(operation.reply())) {
                    violations.report(operation + " was answered otherwise than executed: " + executed);
                }
                if (refused.contains(operation.id())) {
                    violations.report(
                            operation + " was executed, and its client was told that it was not: " + executed);
                }
                inLogOrder.add(new Placed(operation, executed));
            } else if (operation.isAnswered()) {
                if (operation.ordered()) {
                    violations.report(operation + " is acknowledged and not in the log");
                } else if (!answers.getOrDefault(operation.request(), List.of()).contains(operation.reply())) {
                    violations.report(operation + " is an answer that no state would have given");
                } else {
                    reads.add(operation);
                }
            }
        }
        if (linearizableReads) {
            new FastReads(logged(executions), answers).judge(reads, violations);
        }
        realTime(inLogOrder);
        switch (checker.check(history)) {
            case Verdict.Linearizable ignored -> {}
            case Verdict.Violation violation -> violations.report(violation.explanation());
            case Verdict.Undecided ignored -> undecided++;
        }
    }

    /** A replica executes what a client has signed, and as it has signed it. */
    private void checkCalled(ExecutionOracle.Executed executed) {
        Operation called = operations.getOrDefault(executed.operation(), possible.get(executed.operation()));
        if (called == null) {
            violations.report(executed + " was called by nobody");
        } else if (!called.request().equals(executed.request())) {
            violations.report(called + " was executed as " + executed.request());
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
    private Map<KeyValueRequest, List<KeyValueReply>> replay(List<ExecutionOracle.Executed> log) {
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
                violations.report(executed + " would have been answered " + reply + " by sequential execution");
            }
            for (KeyValueRequest read : reads) {
                possible.computeIfAbsent(read, unused -> new ArrayList<>())
                        .add(store.executeUnordered(state, read, NOWHERE));
            }
        }
        return possible;
    }

    /** Walks the log backwards: nobody may stand before one that had returned before he was called. */
    private void realTime(List<Placed> executedOnes) {
        executedOnes.sort(Comparator.comparingLong((Placed placed) -> placed.place.sequence())
                .thenComparingInt(placed -> placed.place.index())
                .reversed());
        Operation earliestReturned = null;
        for (Placed placed : executedOnes) {
            Operation operation = placed.operation;
            if (earliestReturned != null && earliestReturned.returnedNanos() < operation.calledNanos()) {
                violations.report(
                        operation + " stands before " + earliestReturned + ", which had returned before it was called");
                return;
            }
            if (earliestReturned == null || operation.returnedNanos() < earliestReturned.returnedNanos()) {
                earliestReturned = operation;
            }
        }
    }
}
