package dev.atlas.exec.speculative;

import dev.atlas.core.application.CrudState;
import dev.atlas.exec.metrics.SpeculationEvent;
import dev.atlas.net.env.Environment;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Executes blocks of operations on the environment's pool, with the results of executing them one after the other. Owned by the executor's thread; the
 * counters are read by any.
 */
public final class SpeculativeRunner {

    private static final int SIZE_CLASSES = Integer.SIZE;

    /**
     * Operations that share a memory. Each write copies the list of its location's versions: if all operations of a batch wrote to the same, and a faulty primary can
     * bring half a million into one, that would take minutes.
     */
    private static final int OPERATIONS_AT_ONCE = 4096;

    private final Environment environment;
    private final SpeculationSettings settings;
    private final Rules rules;
    private final List<Pace> paces;
    private volatile SpeculationCounters counters = SpeculationCounters.NONE;

    public SpeculativeRunner(Environment environment, SpeculationSettings settings) {
        this(environment, settings, Rules.CORRECT);
    }

    SpeculativeRunner(Environment environment, SpeculationSettings settings, Rules rules) {
        this.environment = environment;
        this.settings = settings;
        this.rules = rules;
        this.paces =
                IntStream.range(0, SIZE_CLASSES).mapToObj(each -> new Pace()).toList();
    }

    public SpeculationCounters counters() {
        return counters;
    }

    /**
     * Executes {@code count} operations on the state and returns their results in order.
     *
     * @throws Error if an operation throws one; the state is then undefined
     */
    public <R> List<R> run(CrudState state, int count, Operation<R> operation) {
        Pace pace = paces.get(SIZE_CLASSES - 1 - Integer.numberOfLeadingZeros(count | 1));
        boolean speculate = settings.threads() > 1
                && switch (settings.policy()) {
                    case ALWAYS -> true;
                    case ADAPTIVE -> count > 1 && pace.speculates(count);
                };
        SpeculationEvent event = new SpeculationEvent();
        event.begin();
        long start = environment.clock().nanoTime();
        List<R> results =
                speculate ? speculate(state, count, operation, pace.chunk(), event) : sequence(state, count, operation);
        if (count > 1) {
            pace.took(speculate, count, environment.clock().nanoTime() - start);
        }
        event.operations = count;
        event.speculative = speculate;
        event.commit();
        return results;
    }

    private <R> List<R> speculate(
            CrudState state, int count, Operation<R> operation, int chunk, SpeculationEvent event) {
        List<R> results = new ArrayList<>(count);
        for (int from = 0; from < count; from += OPERATIONS_AT_ONCE) {
            int first = from;
            int some = Math.min(count - first, OPERATIONS_AT_ONCE);
            Block<R> block = new Block<>(
                    state,
                    some,
                    (view, index) -> operation.execute(view, first + index),
                    rules,
                    environment.computePool(),
                    settings.threads(),
                    chunk);
            results.addAll(block.run());
            event.incarnations += block.incarnations();
            event.aborts += block.aborts();
            counters = counters.speculated(some, block.incarnations(), block.aborts());
        }
        return results;
    }

    private <R> List<R> sequence(CrudState state, int count, Operation<R> operation) {
        List<R> results = new ArrayList<>(count);
        for (int index = 0; index < count; index++) {
            DirectView view = new DirectView(state);
            try {
                results.add(operation.execute(view, index));
            } finally {
                view.end();
            }
        }
        counters = counters.sequential(count);
        return results;
    }
}
