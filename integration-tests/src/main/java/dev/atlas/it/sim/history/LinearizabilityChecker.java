package dev.atlas.it.sim.history;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Decides whether a history is linearizable, partition by partition: the search of Wing and Gong ("Testing and verifying concurrent objects", JPDC'93)
 * with the memory and the just-in-time linearization of Lowe ("Testing for linearizability", CCPE'17).
 *
 * <p>The problem is NP-complete (Gibbons and Korach, SICOMP'97), so the work is bounded; see {@link Search} for what keeps it small.
 */
public final class LinearizabilityChecker<S, I, O> {

    /** Steps of the model, or as much other work, for one partition; an ordinary history of a thousand operations takes some thousands. */
    public static final long DEFAULT_LIMIT = 1_000_000;

    private final SequentialModel<S, I, O> model;
    private final long limit;

    public LinearizabilityChecker(SequentialModel<S, I, O> model) {
        this(model, DEFAULT_LIMIT);
    }

    /**
     * @param limit most steps of the model, or as much other work, that one partition may cost
     */
    public LinearizabilityChecker(SequentialModel<S, I, O> model, long limit) {
        if (limit < 1) {
            throw new IllegalArgumentException("the limit is 1 or more, not " + limit);
        }
        this.model = model;
        this.limit = limit;
    }

    /** A violation in one partition outweighs that another is undecided. Equal histories get equal verdicts. */
    public Verdict check(History<I, O> history) {
        Optional<Verdict> undecided = Optional.empty();
        for (Map.Entry<String, List<Search.Event<I, O>>> part :
                partitions(history).entrySet()) {
            Verdict verdict = new Search<>(model, part.getKey(), limit, part.getValue()).run();
            switch (verdict) {
                case Verdict.Linearizable ignored -> {}
                case Verdict.Violation violation -> {
                    return violation;
                }
                case Verdict.Undecided open -> undecided = Optional.of(open);
            }
        }
        return undecided.orElseGet(Verdict.Linearizable::new);
    }

    /** What was refused must not be seen in any answer, so it is left out. */
    private Map<String, List<Search.Event<I, O>>> partitions(History<I, O> history) {
        Map<String, List<Search.Event<I, O>>> parts = new LinkedHashMap<>();
        List<Call<I, O>> calls = history.calls();
        for (History.Event event : history.events()) {
            Call<I, O> call = calls.get(event.call());
            if (!(call.fate() instanceof Call.Fate.Refused<O>)) {
                parts.computeIfAbsent(model.partition(call.input()), unused -> new ArrayList<>())
                        .add(new Search.Event<>(call, event.answer()));
            }
        }
        return parts;
    }
}
