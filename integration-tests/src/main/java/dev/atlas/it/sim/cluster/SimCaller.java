package dev.atlas.it.sim.cluster;

import com.google.protobuf.ByteString;
import dev.atlas.core.client.SmrClient;
import dev.atlas.core.client.SmrException;
import dev.atlas.exec.state.KeyValueReply;
import dev.atlas.exec.state.KeyValueRequest;
import dev.atlas.it.sim.oracle.Operation;
import dev.atlas.it.sim.scheduler.Randomness;
import dev.atlas.it.sim.scheduler.SimProcess;
import dev.atlas.net.crypto.SignatureScheme;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionException;

/** A client process and the calls that its threads make. */
public final class SimCaller {

    private final SimCluster cluster;
    private final SimProcess process;
    private final SignatureScheme.KeyPair keys;
    private final SimProcess.Outcome<SmrClient<NumberedRequest, KeyValueReply>> booted;
    private int running;
    private int unanswered;
    private int unknown;
    private int notExecuted;

    SimCaller(
            SimCluster cluster,
            SimProcess process,
            SignatureScheme.KeyPair keys,
            SimProcess.Outcome<SmrClient<NumberedRequest, KeyValueReply>> booted) {
        this.cluster = cluster;
        this.process = process;
        this.keys = keys;
        this.booted = booted;
    }

    public SimProcess process() {
        return process;
    }

    SmrClient<NumberedRequest, KeyValueReply> client() {
        return booted.value();
    }

    SignatureScheme.KeyPair keys() {
        return keys;
    }

    /** The view that it knows of; to be called on a thread of its process. */
    public long view() {
        return client().statistics().view();
    }

    /** Ends it, whatever it waits for; to be called on a thread of its process. */
    public void close() {
        client().close();
    }

    /** Calls that wait for an answer. */
    public int unanswered() {
        return unanswered;
    }

    /** Whether every thread that makes calls has ended. */
    boolean isIdle() {
        return running == 0 && unanswered == 0;
    }

    /** Calls that were given up. */
    public int unknown() {
        return unknown;
    }

    public int notExecuted() {
        return notExecuted;
    }

    /**
     * Starts a thread that makes calls one after the other.
     *
     * @param pace how long it waits between two calls, on average
     * @return done when the last has ended, with the number of those answered
     */
    public SimProcess.Outcome<Integer> callRandomly(
            Randomness random, int calls, int keys, double unordered, Duration pace) {
        running++;
        return process.start("caller", () -> {
            int answered = 0;
            for (int call = 0; call < calls && !cluster.isStopping(); call++) {
                KeyValueRequest request = draw(random, keys);
                boolean read = request instanceof KeyValueRequest.Get && random.chance(unordered);
                answered += call(request, !read) ? 1 : 0;
                if (!pace.isZero() && !cluster.isStopping()) {
                    process.environment().sleep(Duration.ofNanos(random.below(2 * pace.toNanos()) + 1));
                }
            }
            running--;
            return answered;
        });
    }

    /** Makes one ordered call on a thread of its own; the outcome says whether it was answered. */
    public SimProcess.Outcome<Boolean> put(String key, String value) {
        KeyValueRequest request = new KeyValueRequest.Put(ByteString.copyFromUtf8(key), ByteString.copyFromUtf8(value));
        return process.start("caller", () -> call(request, true));
    }

    /** Reads unordered, once, on a thread of its own; the outcome says whether it was answered. */
    public SimProcess.Outcome<Boolean> read(String key) {
        KeyValueRequest request = new KeyValueRequest.Get(ByteString.copyFromUtf8(key));
        return process.start("caller", () -> call(request, false));
    }

    private boolean call(KeyValueRequest request, boolean ordered) {
        long number = cluster.nextOperation();
        Operation operation = new Operation(
                number, process.name(), request, ordered, cluster.scheduler().nowNanos());
        cluster.clients().called(operation);
        cluster.told(() -> "called " + operation);
        unanswered++;
        try {
            NumberedRequest numbered = new NumberedRequest(number, request);
            KeyValueReply reply = ordered ? client().execute(numbered) : client().executeUnordered(numbered);
            cluster.clients().returned(operation, reply, cluster.scheduler().nowNanos());
            cluster.callEnded();
            cluster.told(() -> "answered " + operation);
            return true;
        } catch (SmrException.NotExecuted refused) {
            notExecuted++;
            cluster.callEnded();
            cluster.clients().refused(operation);
            return false;
        } catch (SmrException.OutcomeUnknown | SmrException.ResultNotKept lost) {
            unknown++;
            cluster.told(() -> "unknown " + operation);
            return false;
        } catch (SmrException.Closed ended) {
            unknown++;
            return false;
        } catch (CompletionException broken) {
            throw new IllegalStateException("the client failed on " + operation, broken);
        } finally {
            unanswered--;
        }
    }

    static KeyValueRequest draw(Randomness random, int keys) {
        ByteString key = ByteString.copyFromUtf8("k" + random.below(keys));
        ByteString value = ByteString.copyFromUtf8("v" + random.below(1_000_000));
        return switch (random.below(10)) {
            case 0, 1, 2, 3 -> new KeyValueRequest.Put(key, value);
            case 4 -> new KeyValueRequest.Delete(key);
            case 5 -> new KeyValueRequest.CompareAndSet(key, Optional.empty(), value);
            default -> new KeyValueRequest.Get(key);
        };
    }
}
