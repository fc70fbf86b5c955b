package dev.atlas.exec.executor;

import dev.atlas.core.execution.DecidedBatch;
import dev.atlas.core.message.Reply;
import dev.atlas.core.message.Request;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.types.Invariants;
import dev.atlas.core.types.SessionId;
import dev.atlas.exec.session.Verdict;
import dev.atlas.net.identity.ClientId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Decided batches that are executed together. Each request passes the session table first, in log order; only what is new becomes a task.
 *
 * <p>The table hears of a task's reply after all tasks have run. A repetition within the block gets the answer that it would get in another one.
 */
final class DecidedBlock<S> {

    private final ReplicatedState<S> state;
    private final List<Batch> batches = new ArrayList<>();
    private final List<Task> tasks = new ArrayList<>();

    /** What each task's request is answered, and what a repetition of it is; empty until the tasks have run. */
    private List<Reply> replies = List.of();

    private final List<Reply> repeated = new ArrayList<>();

    DecidedBlock(ReplicatedState<S> state) {
        this.state = state;
    }

    /**
     * One batch.
     *
     * @param since when it was queued
     * @param replied whether its clients are answered
     */
    record Batch(DecidedBatch decided, boolean replied, long since, Map<ClientId, List<Answer>> answers) {}

    List<Batch> batches() {
        return batches;
    }

    List<Task> tasks() {
        return tasks;
    }

    boolean isEmpty() {
        return batches.isEmpty();
    }

    void add(DecidedBatch decided, boolean replied, long since) {
        state.begin(decided);
        Batch batch = new Batch(decided, replied, since, new LinkedHashMap<>());
        batches.add(batch);
        int index = 0;
        for (RequestBundle bundle : decided.bundles()) {
            bundle.acknowledgements()
                    .forEach(acknowledged -> state.sessions().acknowledge(bundle.client(), acknowledged));
            for (Request request : bundle.requests()) {
                SessionId place = new SessionId(decided.sequence(), index++);
                // Those have no place in the log: a client that puts them there gets no answer.
                if (request.kind() != Request.Kind.UNORDERED) {
                    batch.answers
                            .computeIfAbsent(bundle.client(), client -> new ArrayList<>())
                            .add(answer(decided, bundle.client(), request, place));
                }
            }
        }
    }

    private Answer answer(DecidedBatch decided, ClientId client, Request request, SessionId place) {
        return switch (state.sessions().judge(client, request, place)) {
            case Verdict.Answer known -> new Answer.Known(known.reply());
            case Verdict.Again again -> new Answer.AsRepeated(again.execution());
            case Verdict.Execute ignored -> {
                tasks.add(new Task(client, request, place, state.timeMillis(), decided.chain()));
                yield new Answer.OfTask(tasks.size() - 1);
            }
        };
    }

    /** Tells the session table what the tasks have answered. */
    void executed(List<Reply> taskReplies) {
        Invariants.check(
                taskReplies.size() == tasks.size(),
                () -> taskReplies.size() + " replies of " + tasks.size() + " operations");
        replies = taskReplies;
        for (Reply reply : taskReplies) {
            repeated.add(state.executed(reply));
        }
    }

    /** What the clients of a batch are answered, once the tasks have run. */
    Map<ClientId, List<Reply>> replies(Batch batch) {
        Map<ClientId, List<Reply>> answered = new LinkedHashMap<>();
        batch.answers()
                .forEach((client, its) ->
                        answered.put(client, its.stream().map(this::reply).toList()));
        return answered;
    }

    private Reply reply(Answer answer) {
        return switch (answer) {
            case Answer.Known known -> known.reply();
            case Answer.OfTask task -> replies.get(task.index());
            case Answer.AsRepeated again -> repeated.get(again.index());
        };
    }

    /** The answer to one request. */
    sealed interface Answer {

        record Known(Reply reply) implements Answer {}

        record OfTask(int index) implements Answer {}

        /** The task was for an earlier request, which this one repeats. */
        record AsRepeated(int index) implements Answer {}
    }
}
