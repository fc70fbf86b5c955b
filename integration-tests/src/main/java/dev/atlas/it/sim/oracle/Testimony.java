package dev.atlas.it.sim.oracle;

import dev.atlas.exec.state.KeyValueReply;
import dev.atlas.exec.state.KeyValueRequest;
import dev.atlas.it.sim.history.History;
import dev.atlas.it.sim.history.KeyValueModel;
import dev.atlas.it.sim.history.LinearizabilityChecker;
import dev.atlas.it.sim.history.Verdict;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What clients saw of the operations that are promised to be linearizable, judged without log or store as witness. An operation whose outcome its client never
 * came to know may take effect at any time after its call, or never.
 */
final class Testimony {

    private final boolean linearizableReads;
    private final History<KeyValueRequest, KeyValueReply> history = new History<>();
    /** By the operation's number. */
    private final Map<Long, Integer> calls = new HashMap<>();

    private final LinearizabilityChecker<?, KeyValueRequest, KeyValueReply> checker =
            new LinearizabilityChecker<>(new KeyValueModel());
    private boolean undecided;

    Testimony(boolean linearizableReads) {
        this.linearizableReads = linearizableReads;
    }

    void called(Operation operation) {
        if (operation.ordered() || linearizableReads) {
            calls.put(operation.id(), history.invoke(operation.client(), operation.request(), operation.calledNanos()));
        }
    }

    /** A faulty client may have: it may take effect from now on, whatever that client says. */
    void mayHaveCalled(Operation operation, long nanos) {
        history.mayInvoke(operation.client() + " #" + operation.id(), operation.request(), nanos);
    }

    void returned(Operation operation, KeyValueReply reply, long nanos) {
        Integer call = calls.get(operation.id());
        if (call != null) {
            history.complete(call, reply, nanos);
        }
    }

    void refused(Operation operation) {
        Integer call = calls.get(operation.id());
        if (call != null) {
            history.refuse(call);
        }
    }

    /** Why no order of the operations explains the answers, if none does. */
    Optional<String> objection() {
        return switch (checker.check(history)) {
            case Verdict.Linearizable ignored -> Optional.empty();
            case Verdict.Violation violation -> Optional.of(violation.explanation());
            case Verdict.Undecided ignored -> {
                undecided = true;
                yield Optional.empty();
            }
        };
    }

    /** Whether the answer would have cost too much work. */
    boolean isUndecided() {
        return undecided;
    }
}
