package dev.atlas.it.sim.history;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The search in one partition: goes from answer to answer, and back where none follows. An operation is made to take effect only when an answer needs it
 * (just-in-time linearization); operations without an answer are tried last.
 *
 * <p>Three observations keep the search small. An operation whose answer fits and that changes nothing may take effect at once: whatever could follow can
 * follow still. One without an answer that changes nothing need not take effect. Of two open operations that are equal, the one called first may take
 * effect first.
 */
final class Search<S, I, O> {

    /** Configurations kept for an explanation. */
    private static final int MOST_KEPT = 16;

    /** Looks at an open operation, and comparisons of configurations, that cost about as much as a step of the model. */
    private static final long LOOKS_PER_STEP = 8;

    private final SequentialModel<S, I, O> model;
    private final String partition;
    private final long limit;
    private final List<Answer<I, O>> answers = new ArrayList<>();
    /** Operations that are never answered, in the order of their calls. */
    private final List<Call<I, O>> open = new ArrayList<>();

    private final Visited<S> visited = new Visited<>();
    private final Deque<Node<S>> waiting = new ArrayDeque<>();
    private final List<Configuration<S>> furthest = new ArrayList<>();
    private int mostExplained;
    private long steps;
    private long looks;

    /** A call, or the answer to one. */
    record Event<I, O>(Call<I, O> call, boolean answer) {}

    /**
     * @param pending called before and answered not earlier, {@code call} among them
     * @param opens how many open operations were called before
     */
    private record Answer<I, O>(Call<I, O> call, List<Call<I, O>> pending, int opens) {}

    /**
     * @param explained how many answers the configuration explains
     * @param open whether to go on with open operations, or with the others
     */
    private record Node<S>(int explained, Configuration<S> configuration, boolean open) {}

    Search(SequentialModel<S, I, O> model, String partition, long limit, List<Event<I, O>> events) {
        this.model = model;
        this.partition = partition;
        this.limit = limit;
        List<Call<I, O>> pending = new ArrayList<>();
        for (Event<I, O> event : events) {
            if (event.answer()) {
                answers.add(new Answer<>(event.call(), List.copyOf(pending), open.size()));
                pending.removeIf(call -> call.id() == event.call().id());
            } else if (event.call().isOpen()) {
                open.add(event.call());
            } else {
                pending.add(event.call());
            }
        }
    }

    Verdict run() {
        reach(0, Configuration.initial(model.initial()));
        while (mostExplained < answers.size()) {
            if (waiting.isEmpty()) {
                return new Verdict.Violation(partition, explanation());
            }
            if (steps + (looks + visited.comparisons()) / LOOKS_PER_STEP > limit) {
                return new Verdict.Undecided(partition, limit);
            }
            Node<S> node = waiting.pop();
            if (node.open()) {
                goOnWithOpen(node);
            } else {
                waiting.push(new Node<>(node.explained(), node.configuration(), true));
                goOn(node, answers.get(node.explained()).pending());
            }
        }
        return new Verdict.Linearizable();
    }

    private String explanation() {
        Answer<I, O> unexplained = answers.get(mostExplained);
        List<Call<I, O>> others = new ArrayList<>(unexplained.pending());
        others.addAll(open.subList(0, unexplained.opens()));
        others.remove(unexplained.call());
        return new Explanation<>(model, partition, unexplained.call(), furthest, others).text();
    }

    private void goOnWithOpen(Node<S> node) {
        List<Call<I, O>> different = new ArrayList<>();
        Set<I> inputs = new HashSet<>();
        for (Call<I, O> call : open.subList(0, answers.get(node.explained()).opens())) {
            looks++;
            if (!node.configuration().has(call) && inputs.add(call.input())) {
                different.add(call);
            }
        }
        goOn(node, different);
    }

    private void goOn(Node<S> node, List<Call<I, O>> calls) {
        Configuration<S> configuration = node.configuration();
        for (Call<I, O> call : calls) {
            if (!configuration.has(call)) {
                apply(configuration, call)
                        .filter(next -> !next.equals(configuration.state()))
                        .ifPresent(next -> reach(node.explained(), configuration.after(call, next)));
            }
        }
    }

    /** Takes note of a configuration, with every answer that it explains already. */
    private void reach(int explained, Configuration<S> reached) {
        int count = explained;
        Configuration<S> configuration = reached;
        while (count < answers.size()) {
            configuration = withReads(configuration, answers.get(count).pending());
            if (!configuration.has(answers.get(count).call())) {
                break;
            }
            configuration = configuration.without(answers.get(count).call());
            count++;
        }
        if (visited.add(count, configuration)) {
            waiting.push(new Node<>(count, configuration, false));
            if (count > mostExplained) {
                mostExplained = count;
                furthest.clear();
            }
            if (count == mostExplained && furthest.size() < MOST_KEPT) {
                furthest.add(configuration);
            }
        }
    }

    /** Lets everything take effect that fits and changes nothing. */
    private Configuration<S> withReads(Configuration<S> configuration, List<Call<I, O>> pending) {
        Configuration<S> with = configuration;
        for (Call<I, O> call : pending) {
            if (!with.has(call)) {
                Optional<S> next = apply(with, call);
                if (next.isPresent() && next.get().equals(with.state())) {
                    with = with.after(call, with.state());
                }
            }
        }
        return with;
    }

    /** The state after an operation, unless it would have answered otherwise. */
    private Optional<S> apply(Configuration<S> configuration, Call<I, O> call) {
        steps++;
        SequentialModel.Step<S, O> step = model.apply(configuration.state(), call.input());
        return call.allows(step.output()) ? Optional.of(step.state()) : Optional.empty();
    }
}
