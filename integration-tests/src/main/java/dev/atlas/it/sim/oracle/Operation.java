package dev.atlas.it.sim.oracle;

import dev.atlas.exec.state.KeyValueReply;
import dev.atlas.exec.state.KeyValueRequest;
import dev.atlas.it.sim.history.KeyValueModel;
import org.jspecify.annotations.Nullable;

/** One call of a client, and what came of it. Filled in as it happens. */
public final class Operation {

    private static final KeyValueModel MODEL = new KeyValueModel();

    private final long id;
    private final String client;
    private final KeyValueRequest request;
    private final boolean ordered;
    private final long calledNanos;
    private long returnedNanos = Long.MAX_VALUE;
    private @Nullable KeyValueReply reply;

    /**
     * @param id unique in a run
     * @param ordered whether the client asked for it to be ordered
     */
    public Operation(long id, String client, KeyValueRequest request, boolean ordered, long calledNanos) {
        this.id = id;
        this.client = client;
        this.request = request;
        this.ordered = ordered;
        this.calledNanos = calledNanos;
    }

    void returned(KeyValueReply answer, long nanos) {
        reply = answer;
        returnedNanos = nanos;
    }

    public long id() {
        return id;
    }

    public String client() {
        return client;
    }

    public KeyValueRequest request() {
        return request;
    }

    public boolean ordered() {
        return ordered;
    }

    public long calledNanos() {
        return calledNanos;
    }

    /** {@link Long#MAX_VALUE} while no answer is known. */
    public long returnedNanos() {
        return returnedNanos;
    }

    public boolean isAnswered() {
        return reply != null;
    }

    public KeyValueReply reply() {
        if (reply == null) {
            throw new IllegalStateException(this + " has no answer");
        }
        return reply;
    }

    @Override
    public String toString() {
        return "#" + id + " of " + client + (ordered ? ": " : ", unordered: ") + MODEL.describeInput(request) + key()
                + (reply == null ? "" : " = " + MODEL.describeOutput(reply));
    }

    private String key() {
        return request instanceof KeyValueRequest.Size ? "" : " in " + MODEL.partition(request);
    }
}
