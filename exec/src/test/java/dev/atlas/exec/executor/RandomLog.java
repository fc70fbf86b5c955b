package dev.atlas.exec.executor;

import com.google.protobuf.ByteString;
import dev.atlas.core.execution.DecidedBatch;
import dev.atlas.core.message.Request;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.message.RequestBundle.Acknowledgement;
import dev.atlas.core.types.SessionId;
import dev.atlas.exec.session.ResultLimits;
import dev.atlas.exec.session.SessionLimits;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A random log of batches of none to 2000 requests on 1 to 1000 keys.
 *
 * <p>In most logs clients number their requests as they should and repeat one now and then; in the others nearly everything that the session table has a rule
 * for happens, in one block too: openings, repetitions, conflicts, acknowledgements, numbers beyond the window, dead and expired ones. Some requests are
 * malformed, or unordered where they do not belong.
 */
final class RandomLog {

    static final int BATCHES = 30;

    private static final int CLIENTS = 4;

    private final Random random;
    private final long seed;
    private final boolean orderly;
    private final boolean large;
    private final int keys;
    private final List<List<SessionId>> sessions = new ArrayList<>();
    private final int[] next = new int[CLIENTS];

    private RandomLog(long seed) {
        this.seed = seed;
        this.random = new Random(seed);
        this.orderly = random.nextInt(3) > 0;
        this.large = random.nextInt(16) == 0;
        this.keys = 1 + random.nextInt(random.nextBoolean() ? 20 : 1000);
        for (int client = 0; client < CLIENTS; client++) {
            sessions.add(new ArrayList<>(List.of(SessionId.NONE)));
            next[client] = 1;
        }
    }

    /** Where clients are not orderly, so small that they and their sessions are evicted; with every other seed, so small that results find no room. */
    static SessionLimits limits(long seed) {
        RandomLog log = new RandomLog(seed);
        ResultLimits results = seed % 2 == 0 ? ResultLimits.defaults() : new ResultLimits(4096, 400, 300, 100);
        return log.orderly
                ? new SessionLimits(CLIENTS, 4, 1 << 16, results)
                : new SessionLimits(3, 2, log.window(), results);
    }

    private int window() {
        return large ? 4096 : 8;
    }

    /** The same batches for the same seed; the executor is at the beginning. */
    static List<DecidedBatch> of(long seed, Driven driven) {
        return new RandomLog(seed).batches(driven);
    }

    private List<DecidedBatch> batches(Driven driven) {
        List<DecidedBatch> log = new ArrayList<>();
        for (int sequence = 1; sequence <= BATCHES; sequence++) {
            List<RequestBundle> bundles = new ArrayList<>();
            int index = 0;
            for (int bundle = random.nextInt(5); bundle > 0; bundle--) {
                int client = random.nextInt(CLIENTS);
                RequestBundle made = orderly ? orderly(client, sequence, index) : disorderly(client, sequence, index);
                index += made.requests().size();
                bundles.add(made);
            }
            log.add(driven.batch(random.nextInt(1000), bundles));
        }
        return log;
    }

    private int size() {
        return 1 + random.nextInt(large && random.nextInt(4) == 0 ? 500 : 12);
    }

    private RequestBundle orderly(int client, int sequence, int index) {
        List<Request> requests = new ArrayList<>();
        if (next[client] == 1) {
            requests.add(Driven.opening(sequence));
            sessions.get(client).add(new SessionId(sequence, index));
        }
        SessionId session = sessions.get(client).getLast();
        List<Acknowledgement> acknowledgements = random.nextInt(4) == 0
                ? List.of(new Acknowledgement(session, Math.max(0, next[client] - 1 - random.nextInt(100))))
                : List.of();
        for (int each = size(); each > 0; each--) {
            long number = random.nextInt(12) == 0 ? 1 + random.nextInt(next[client]) : next[client]++;
            requests.add(Driven.ordered(session, number, payload(number)));
        }
        return Driven.bundle(client, acknowledgements, requests);
    }

    private RequestBundle disorderly(int client, int sequence, int firstIndex) {
        List<SessionId> its = sessions.get(client);
        List<Acknowledgement> acknowledgements = random.nextInt(2) == 0
                ? List.of(new Acknowledgement(recent(its), random.nextInt(window())))
                : List.of();
        List<Request> requests = new ArrayList<>();
        int end = firstIndex + size();
        for (int index = firstIndex; index < end; index++) {
            SessionId session = recent(its);
            long number = 1 + random.nextInt(random.nextInt(20) == 0 ? 5 * window() : window() + 1);
            switch (random.nextInt(large ? 200 : 12)) {
                case 0 -> {
                    requests.add(Driven.opening(sequence - random.nextInt(2)));
                    its.add(new SessionId(sequence, index));
                }
                case 1 -> requests.add(Driven.unordered(number, ByteString.EMPTY));
                case 2 -> requests.add(Driven.ordered(session, number, payload(random.nextInt(5))));
                default -> requests.add(Driven.ordered(session, number, payload(number)));
            }
        }
        return Driven.bundle(client, acknowledgements, requests);
    }

    private SessionId recent(List<SessionId> its) {
        return its.get(Math.max(0, its.size() - 1 - random.nextInt(4)));
    }

    /** A number sent again has the same body, which differs from log to log. */
    private ByteString payload(long number) {
        return ByteString.copyFromUtf8(number % 50 == 7 ? "no number" : 31 * seed + number + " " + keys);
    }
}
