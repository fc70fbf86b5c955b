package dev.atlas.it.sim.history;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.ExecutionContext;
import dev.atlas.core.types.SessionId;
import dev.atlas.exec.state.KeyValueReply;
import dev.atlas.exec.state.KeyValueRequest;
import dev.atlas.exec.state.KeyValueState;
import dev.atlas.exec.state.KeyValueStore;
import dev.atlas.net.crypto.PublicKey;
import dev.atlas.net.identity.ClientId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/**
 * Histories made by a sequential run: clients call, the store executes one operation at a time, clients are answered, some never. Linearizable by
 * construction, until {@code wrong} answers are told.
 */
final class RandomHistory {

    private static final ExecutionContext NOWHERE =
            new ExecutionContext(ClientId.of(new PublicKey(new byte[1])), SessionId.NONE, 0, 0, 0, 0);

    private final KeyValueStore store = new KeyValueStore();
    private final KeyValueState state = store.initialState();
    private final History<KeyValueRequest, KeyValueReply> history = new History<>();
    private final Random random;
    private final Shape shape;
    private final List<Running> clients = new ArrayList<>();
    /** Given up by their clients, and not executed yet. */
    private final List<KeyValueRequest> forgotten = new ArrayList<>();

    private int wrong;
    private long nanos;

    /**
     * @param lost the share of operations that are never answered
     * @param values how many different ones are written
     * @param wrong how many answers are replaced by others
     */
    record Shape(int clients, int operations, int keys, int values, double lost, int wrong) {}

    private record Running(int id, KeyValueRequest request, Optional<KeyValueReply> reply) {}

    private RandomHistory(Random random, Shape shape) {
        this.random = random;
        this.shape = shape;
        this.wrong = shape.wrong;
    }

    static History<KeyValueRequest, KeyValueReply> draw(long seed, Shape shape) {
        RandomHistory drawn = new RandomHistory(new Random(seed), shape);
        drawn.run();
        return drawn.history;
    }

    private void run() {
        for (int client = 0; client < shape.clients; client++) {
            clients.add(new Running(-1, new KeyValueRequest.Size(), Optional.empty()));
        }
        int called = 0;
        boolean busy = true;
        while (busy) {
            nanos++;
            int client = random.nextInt(shape.clients);
            Running running = clients.get(client);
            if (running.id < 0) {
                if (called < shape.operations) {
                    called++;
                    KeyValueRequest request = request();
                    clients.set(
                            client,
                            new Running(history.invoke("client " + client, request, nanos), request, Optional.empty()));
                }
            } else if (running.reply.isEmpty()) {
                advance(client, running);
            } else {
                history.complete(running.id, told(running.reply.get()), nanos);
                idle(client);
            }
            if (!forgotten.isEmpty() && random.nextInt(10) == 0) {
                execute(forgotten.remove(random.nextInt(forgotten.size())));
            }
            busy = called < shape.operations || clients.stream().anyMatch(each -> each.id >= 0);
        }
    }

    private void advance(int client, Running running) {
        if (random.nextDouble() >= shape.lost) {
            clients.set(client, new Running(running.id, running.request, Optional.of(execute(running.request))));
            return;
        }
        switch (random.nextInt(3)) {
            case 0 -> execute(running.request);
            case 1 -> forgotten.add(running.request);
            default -> {} // never executed
        }
        if (random.nextBoolean()) {
            history.abandon(running.id);
        }
        idle(client);
    }

    private void idle(int client) {
        clients.set(client, new Running(-1, new KeyValueRequest.Size(), Optional.empty()));
    }

    private KeyValueReply execute(KeyValueRequest request) {
        return store.execute(state, request, NOWHERE);
    }

    private KeyValueReply told(KeyValueReply truth) {
        if (wrong == 0 || random.nextInt(shape.operations / 2 + 1) > 0) {
            return truth;
        }
        wrong--;
        return switch (truth) {
            case KeyValueReply.Value ignored ->
                new KeyValueReply.Value(random.nextInt(4) == 0 ? Optional.empty() : Optional.of(value()));
            case KeyValueReply.Swapped swapped -> new KeyValueReply.Swapped(!swapped.swapped());
            case KeyValueReply.Count count -> count;
        };
    }

    private ByteString value() {
        return ByteString.copyFromUtf8("v" + random.nextInt(shape.values));
    }

    private KeyValueRequest request() {
        ByteString key = ByteString.copyFromUtf8("k" + random.nextInt(shape.keys));
        return switch (random.nextInt(10)) {
            case 0, 1, 2, 3 -> new KeyValueRequest.Put(key, value());
            case 4 -> new KeyValueRequest.Delete(key);
            case 5 ->
                new KeyValueRequest.CompareAndSet(
                        key, random.nextBoolean() ? Optional.empty() : Optional.of(value()), value());
            default -> new KeyValueRequest.Get(key);
        };
    }
}
