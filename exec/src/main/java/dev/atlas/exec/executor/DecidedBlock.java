package dev.atlas.exec.executor;

import dev.atlas.core.execution.DecidedBatch;
import dev.atlas.core.message.Reply;
import dev.atlas.core.message.Request;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.types.SessionId;
import dev.atlas.exec.session.Verdict;
import dev.atlas.net.identity.ClientId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Decided batches that are executed together. Each request passes the session table first, in log order; only what is new becomes a task.
 *
 * <p>The table hears of a task's reply after all tasks have run, so a repetition within the block is recognised here: the table could not know yet.
 */
final class DecidedBlock<S> {

    private final ReplicatedState<S> state;
    private final List<Batch> batches = new ArrayList<>();
    private final List<Task> tasks = new ArrayList<>();
    private final Map<Name, Integer> byName = new HashMap<>();

    DecidedBlock(ReplicatedState<S> state) {
        this.state = state;
    }

    /**
     * One batch.
     *
     * @param since when it was queued
     * @param replied whether its clients are answered
     */
    record Batch(DecidedBatch decided, boolean replied, long since, Map<ClientId, List<Answer>> answers) {

        Map<ClientId, List<Reply>> replies(List<Reply> taskReplies) {
            Map<ClientId, List<Reply>> replies = new LinkedHashMap<>();
            answers.forEach((client, its) -> replies.put(
                    client,
                    its.stream().map(answer -> answer.reply(taskReplies)).toList()));
            return replies;
        }
    }

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
            case Verdict.Execute ignored -> {
                Integer earlier =
                        byName.putIfAbsent(new Name(client, request.session(), request.number()), tasks.size());
                if (earlier == null) {
                    tasks.add(new Task(client, request, place, state.timeMillis(), decided.chain()));
                    yield new Answer.OfTask(tasks.size() - 1);
                }
                yield tasks.get(earlier).request().payload().equals(request.payload())
                        ? new Answer.OfTask(earlier)
                        : new Answer.Known(Reply.refused(request, Reply.Outcome.CONFLICT));
            }
        };
    }

    /** Tells the session table what the tasks have answered. */
    void executed(List<Reply> replies) {
        for (int index = 0; index < tasks.size(); index++) {
            Task task = tasks.get(index);
            state.executed(task.client(), task.request(), replies.get(index));
        }
    }

    /** The answer to one request. */
    sealed interface Answer {

        record Known(Reply reply) implements Answer {}

        record OfTask(int index) implements Answer {}

        default Reply reply(List<Reply> taskReplies) {
            return switch (this) {
                case Known known -> known.reply();
                case OfTask task -> taskReplies.get(task.index());
            };
        }
    }

    private record Name(ClientId client, SessionId session, long number) {}
}
