package dev.atlas.exec.executor;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.atlas.core.crypto.Chain;
import dev.atlas.core.execution.DecidedBatch;
import dev.atlas.core.execution.StateDescriptor;
import dev.atlas.core.message.Batch;
import dev.atlas.core.message.Batches;
import dev.atlas.core.message.Reply;
import dev.atlas.core.message.Reply.Outcome;
import dev.atlas.core.message.Request;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.message.RequestBundle.Acknowledgement;
import dev.atlas.core.types.SessionId;
import dev.atlas.exec.session.ResultLimits;
import dev.atlas.exec.session.SessionLimits;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.identity.ClientId;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Replicas join decided batches to blocks as they find them, and nobody can tell. Replies and sessions, with the results that they
 * keep, are the same for the same log.
 *
 * <p>{@code -Datlas.blocks.logs=1000000} makes it a long run, {@code -Datlas.blocks.seed} begins elsewhere.
 */
class BlocksTest {

    private static final int LOGS = Integer.getInteger("atlas.blocks.logs", 20_000);
    private static final long SEED = Long.getLong("atlas.blocks.seed", 1);
    private static final int CLIENTS = 4;
    private static final int WINDOW = 5;

    private long executed;
    private long notKept;
    private long repeatedInTheirBlock;

    private record Answered(ClientId client, Reply reply) {}

    private record Name(ClientId client, SessionId session, long number) {}

    /** What a log comes to. */
    private record Made(List<Answered> replies, List<ByteString> sessions) {}

    @Test
    void aLogComesToTheSameInWhateverBlocks() throws IOException {
        for (long seed = SEED; seed < SEED + LOGS; seed++) {
            Random random = new Random(seed);
            SessionLimits limits = new SessionLimits(
                    1 + random.nextInt(CLIENTS),
                    1 + random.nextInt(2),
                    WINDOW,
                    new ResultLimits(4096, random.nextInt(120), random.nextInt(150), random.nextInt(30)));
            List<DecidedBatch> log = log(random);
            Made oneByOne = run(log, limits, ends(log, 1, random), false);
            assertThat(run(log, limits, Set.of(), false))
                    .as("seed %d, one block", seed)
                    .isEqualTo(oneByOne);
            assertThat(run(log, limits, ends(log, 3, random), false))
                    .as("seed %d, some blocks", seed)
                    .isEqualTo(oneByOne);
            assertThat(run(log, limits, ends(log, 2, random), true))
                    .as("seed %d, written and read between blocks", seed)
                    .isEqualTo(oneByOne);
        }
        System.out.printf(
                "%d logs in four ways: %d operations executed, %d results not kept, %d repetitions in a block%n",
                LOGS, executed, notKept, repeatedInTheirBlock);
        // A log in which nothing is hit would compare nothing.
        assertThat(executed).isGreaterThan(20L * LOGS);
        assertThat(notKept).isGreaterThan(LOGS);
        assertThat(repeatedInTheirBlock).isGreaterThan(LOGS);
    }

    /** After which batches a block ends. */
    private static Set<Long> ends(List<DecidedBatch> log, int oneIn, Random random) {
        Set<Long> ends = new HashSet<>();
        for (DecidedBatch batch : log) {
            if (random.nextInt(oneIn) == 0) {
                ends.add(batch.sequence());
            }
        }
        return ends;
    }

    private Made run(List<DecidedBatch> log, SessionLimits limits, Set<Long> ends, boolean restored)
            throws IOException {
        ReplicatedState<String> state = new ReplicatedState<>("", limits);
        List<Answered> replies = new ArrayList<>();
        Set<Name> once = new HashSet<>();
        DecidedBlock<String> block = new DecidedBlock<>(state);
        for (DecidedBatch batch : log) {
            block.add(batch, true, 0);
            if (ends.contains(batch.sequence())) {
                execute(block, replies, once);
                if (restored) {
                    restore(state);
                }
                block = new DecidedBlock<>(state);
            }
        }
        execute(block, replies, once);
        return new Made(replies, state.sessionChunks().get());
    }

    private void execute(DecidedBlock<String> block, List<Answered> replies, Set<Name> once) {
        List<Reply> ofTasks = new ArrayList<>();
        for (Task task : block.tasks()) {
            Request request = task.request();
            if (!once.add(new Name(task.client(), request.session(), request.number()))) {
                throw new AssertionError("executed twice: " + request);
            }
            ofTasks.add(new Reply(
                    Request.Kind.ORDERED,
                    request.session(),
                    request.number(),
                    task.place().sequence(),
                    request.number() % 4 == 0 ? Outcome.APPLICATION_ERROR : Outcome.EXECUTED,
                    result(task)));
        }
        block.executed(ofTasks);
        executed += ofTasks.size();
        for (DecidedBlock.Batch batch : block.batches()) {
            batch.answers()
                    .values()
                    .forEach(its -> its.forEach(answer -> {
                        repeatedInTheirBlock += answer instanceof DecidedBlock.Answer.AsRepeated ? 1 : 0;
                    }));
            block.replies(batch)
                    .forEach((client, its) -> its.forEach(reply -> {
                        notKept += reply.outcome() == Outcome.RESULT_NOT_KEPT ? 1 : 0;
                        replies.add(new Answered(client, reply));
                    }));
        }
    }

    /** Differs from place to place, and so does its length. */
    private static ByteString result(Task task) {
        long place = 31 * task.place().sequence() + task.place().index();
        return ByteString.copyFromUtf8(
                Long.toString(place).repeat(1 + (int) (place * task.request().number() % 13)));
    }

    private static void restore(ReplicatedState<String> state) throws IOException {
        ByteString bytes = ByteString.EMPTY;
        for (ByteString chunk : state.sessionChunks().get()) {
            bytes = bytes.concat(chunk);
        }
        state.replace(
                new StateDescriptor(
                        state.sequence(), state.chain(), state.timeMillis(), Digest.ZERO, List.of(), List.of()),
                "",
                new DataInputStream(new ByteArrayInputStream(bytes.toByteArray())));
    }

    // ---- random logs ----

    private static List<DecidedBatch> log(Random random) {
        List<List<SessionId>> sessions = new ArrayList<>();
        List<Long> bases = new ArrayList<>();
        for (int client = 0; client < CLIENTS; client++) {
            sessions.add(new ArrayList<>());
            bases.add(0L);
        }
        List<DecidedBatch> log = new ArrayList<>();
        Digest chain = Digest.ZERO;
        for (int sequence = 1; sequence <= 12; sequence++) {
            List<RequestBundle> bundles = new ArrayList<>();
            int index = 0;
            for (int each = random.nextInt(4); each > 0; each--) {
                int client = random.nextInt(CLIENTS);
                List<SessionId> its = sessions.get(client);
                List<Acknowledgement> acknowledgements = new ArrayList<>();
                if (!its.isEmpty() && random.nextInt(3) == 0) {
                    long upTo = bases.get(client) + random.nextInt(WINDOW);
                    acknowledgements.add(new Acknowledgement(recent(its, random), upTo));
                    bases.set(client, upTo);
                }
                List<Request> requests = new ArrayList<>();
                for (int more = 1 + random.nextInt(6); more > 0; more--, index++) {
                    if (its.isEmpty() || random.nextInt(14) == 0) {
                        its.add(new SessionId(sequence, index));
                        bases.set(client, 0L);
                        requests.add(Driven.opening(sequence - random.nextInt(10) / 9));
                    } else {
                        int beyond = random.nextInt(25) == 0 ? 2 : 0;
                        long number = 1 + bases.get(client) + random.nextInt(WINDOW + beyond);
                        String body = random.nextInt(12) == 0 ? "other" : "body " + number;
                        requests.add(Driven.ordered(recent(its, random), number, ByteString.copyFromUtf8(body)));
                    }
                }
                bundles.add(Driven.bundle(client, acknowledgements, requests));
            }
            Batch batch = Batches.of(
                    sequence, bundles.stream().map(RequestBundle::digest).toList());
            chain = Chain.next(chain, sequence, batch.digest());
            log.add(new DecidedBatch(0, sequence, batch, bundles, chain));
        }
        return log;
    }

    private static SessionId recent(List<SessionId> its, Random random) {
        return its.get(Math.max(0, its.size() - 1 - random.nextInt(4) / 2));
    }
}
