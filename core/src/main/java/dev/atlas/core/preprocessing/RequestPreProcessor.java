package dev.atlas.core.preprocessing;

import com.google.protobuf.ByteString;
import dev.atlas.core.execution.DecidedBatch;
import dev.atlas.core.message.ApplicationMessage.Busy;
import dev.atlas.core.message.Batch;
import dev.atlas.core.message.Request;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.node.ReplyNode;
import dev.atlas.core.wire.BundleCodec;
import dev.atlas.core.wire.BundleVerifier;
import dev.atlas.core.wire.Decoded;
import dev.atlas.net.concurrent.Backoff;
import dev.atlas.net.concurrent.Mailbox;
import dev.atlas.net.concurrent.Supervisor;
import dev.atlas.net.env.Environment;
import dev.atlas.net.identity.ClientId;
import dev.atlas.net.identity.NodeId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Takes bundles from clients and peers, checks them, and offers them for ordering.
 *
 * <p>Nothing here waits for ordering or execution. A client's messages are decoded by one worker, so their order is kept; a full inbox or
 * quota answers that client with Busy and costs the others nothing. Thread-safe.
 */
public final class RequestPreProcessor implements AutoCloseable {

    private static final int BUNDLES_PER_TURN = 256;
    private static final long RETRY_AFTER_MILLIS = 100;
    private static final Backoff.Policy RESTART = new Backoff.Policy(Duration.ofMillis(10), Duration.ofSeconds(1));
    private static final Duration CLOSE_DEADLINE = Duration.ofSeconds(5);

    private final Environment environment;
    private final PreProcessingConfig config;
    private final BundleCodec codec;
    private final ReplyNode replies;
    private final PreProcessingListener listener;
    private final SignatureChecks signatures;
    private final BodyStore bodies;
    private final Batcher batcher;
    private final RequestTimeouts timeouts;
    private final RecentlyDecided decided = new RecentlyDecided();
    private final PreProcessingCounters counters = new PreProcessingCounters();
    private final List<Mailbox<Source, Incoming>> inboxes = new ArrayList<>();
    private final Supervisor workers;

    public RequestPreProcessor(
            Environment environment,
            PreProcessingConfig config,
            BundleCodec codec,
            BundleVerifier verifier,
            ReplyNode replies,
            PreProcessingListener listener) {
        this.environment = environment;
        this.config = config;
        this.codec = codec;
        this.replies = replies;
        this.listener = listener;
        this.signatures = new SignatureChecks(environment, verifier);
        this.bodies = new BodyStore(config, listener);
        this.batcher = new Batcher(config, listener);
        this.timeouts = new RequestTimeouts(config);
        this.workers = new Supervisor(environment, "pre-processing", CLOSE_DEADLINE);
        for (int index = 0; index < config.workers(); index++) {
            inboxes.add(new Mailbox<>(Source.class, source -> config.inboxPerWorker()));
        }
    }

    /** Starts the workers and the watch over waiting requests. */
    public void start() {
        for (Mailbox<Source, Incoming> inbox : inboxes) {
            workers.keepRunning("worker", RESTART, () -> work(inbox));
        }
        watch();
    }

    public BodyStore bodies() {
        return bodies;
    }

    public Batcher batcher() {
        return batcher;
    }

    public PreProcessingCounters counters() {
        return counters;
    }

    /** A client's own message; never blocks. */
    public void receive(ClientId from, ByteString envelope) {
        if (!inbox(from).offer(Source.CLIENT, new Incoming(from, envelope, Source.CLIENT))) {
            counters.overloaded.increment();
            replies.send(from, new Busy(Busy.Reason.REPLICA_OVERLOADED, RETRY_AFTER_MILLIS));
        }
    }

    /** Bodies that a peer forwarded, or sent because they were fetched; what finds no place comes again. */
    public void receiveFromPeer(NodeId from, List<ByteString> envelopes) {
        for (ByteString envelope : envelopes) {
            // Spread by content: peers bring bodies of many clients.
            Mailbox<Source, Incoming> inbox = inboxes.get(
                    Math.floorMod(envelope.substring(envelope.size() / 2).hashCode(), inboxes.size()));
            if (!inbox.offer(Source.PEER, new Incoming(from, envelope, Source.PEER))) {
                counters.overloaded.increment();
            }
        }
    }

    public void decided(DecidedBatch batch) {
        decided.add(batch.bundles());
        settle(batch.bundles());
    }

    /**
     * Takes back what a restarted replica has read from its disk; before {@link #start}.
     *
     * @param verified whether its signatures were checked before the restart
     * @param isDecided whether it need not be ordered again
     */
    public void restore(Batch batch, List<RequestBundle> bundles, boolean verified, boolean isDecided) {
        bodies.restore(batch, bundles, verified);
        if (isDecided) {
            decided.add(bundles);
        }
    }

    /**
     * A state was installed: what waits here may have been ordered in the gap, and nobody will say so. Clients send again what was not.
     */
    public void stateInstalled() {
        settle(bodies.pending());
    }

    private void settle(List<RequestBundle> bundles) {
        batcher.decided(bundles);
        timeouts.ordered(bundles, environment.clock().nanoTime());
        bodies.ordered(bundles);
    }

    public void enterView(long view) {
        timeouts.enterView(view, environment.clock().nanoTime());
    }

    public void leaveView(long view) {
        timeouts.leaveView();
    }

    @Override
    public void close() {
        inboxes.forEach(Mailbox::close);
        workers.close();
    }

    private Mailbox<Source, Incoming> inbox(ClientId client) {
        return inboxes.get(Math.floorMod(client.hashCode(), inboxes.size()));
    }

    private void work(Mailbox<Source, Incoming> inbox) throws InterruptedException {
        List<Incoming> drained = new ArrayList<>(BUNDLES_PER_TURN);
        while (inbox.drain(drained, BUNDLES_PER_TURN)) {
            process(drained);
            drained.clear();
        }
    }

    private void process(List<Incoming> drained) throws InterruptedException {
        List<Incoming> sources = new ArrayList<>(drained.size());
        List<RequestBundle> toCheck = new ArrayList<>(drained.size());
        for (Incoming incoming : drained) {
            switch (codec.open(incoming.envelope)) {
                case Decoded.Malformed<RequestBundle> ignored -> counters.malformed.increment();
                case Decoded.Value<RequestBundle> value -> {
                    if (isNew(incoming, value.value())) {
                        sources.add(incoming);
                        toCheck.add(value.value());
                    }
                }
            }
        }
        if (toCheck.isEmpty()) {
            return;
        }
        boolean[] valid = signatures.check(toCheck);
        List<RequestBundle> unordered = new ArrayList<>();
        for (int index = 0; index < valid.length; index++) {
            RequestBundle bundle = toCheck.get(index);
            if (valid[index]) {
                accept(sources.get(index), bundle, unordered);
            } else {
                counters.badSignatures.increment();
                bodies.addUnverified(bundle);
            }
        }
        executeUnordered(unordered);
    }

    /** Spares the signature check of what is here or was decided: its digest covers its signature. */
    private boolean isNew(Incoming incoming, RequestBundle bundle) {
        if (decided.contains(bundle.digest()) && !bodies.isHeld(bundle.digest()) && incoming.source == Source.PEER) {
            return true; // decided, released and fetched again for a retained batch
        }
        if (decided.contains(bundle.digest())) {
            counters.repeated.increment();
            if (incoming.source == Source.CLIENT) {
                listener.answerAgain(bundle);
            }
            return false;
        }
        return true;
    }

    private void accept(Incoming incoming, RequestBundle bundle, List<RequestBundle> unordered) {
        boolean ordered = bundle.requests().stream().anyMatch(request -> request.kind() != Request.Kind.UNORDERED);
        if (bundle.requests().stream().anyMatch(request -> request.kind() == Request.Kind.UNORDERED)
                && incoming.source == Source.CLIENT) {
            unordered.add(bundle);
        }
        if (!ordered) {
            return;
        }
        switch (bodies.addVerified(bundle, incoming.source == Source.CLIENT)) {
            case NEW -> {
                counters.accepted.increment();
                timeouts.add(bundle, environment.clock().nanoTime());
                batcher.add(bundle);
                settleIfDecided(bundle);
            }
            case KNOWN -> {
                counters.repeated.increment();
                if (bodies.isPending(bundle.digest())) {
                    // There may have been too many of its client's to time it when it came first; untimed for ever, a
                    // primary could
                    // pass it over for ever.
                    timeouts.add(bundle, environment.clock().nanoTime());
                    settleIfDecided(bundle);
                }
            }
            case OVER_QUOTA -> {
                counters.overQuota.increment();
                replies.send(bundle.client(), new Busy(Busy.Reason.QUOTA_EXCEEDED, RETRY_AFTER_MILLIS));
            }
        }
    }

    /** Decided while it was being checked: looked at last, since whoever decides says so first. */
    private void settleIfDecided(RequestBundle bundle) {
        if (decided.contains(bundle.digest())) {
            settle(List.of(bundle));
        }
    }

    private void executeUnordered(List<RequestBundle> bundles) {
        if (!bundles.isEmpty() && !listener.unordered(bundles)) {
            counters.overloaded.add(bundles.size());
            bundles.forEach(bundle ->
                    replies.send(bundle.client(), new Busy(Busy.Reason.REPLICA_OVERLOADED, RETRY_AFTER_MILLIS)));
        }
    }

    /** Looks at the waiting requests eight times in a timeout, on a thread of its own: the look takes time with many clients. */
    private void watch() {
        Duration period = config.requestTimeout().dividedBy(8);
        workers.keepRunning("timeouts", RESTART, () -> {
            while (!workers.isClosed()) {
                environment.sleep(period);
                RequestTimeouts.Due due = timeouts.look(environment.clock().nanoTime());
                if (!due.late().isEmpty()) {
                    listener.requestsLate(due.view(), due.late());
                }
                if (due.timedOut()) {
                    listener.requestTimedOut(due.view());
                }
            }
        });
    }

    private record Incoming(NodeId from, ByteString envelope, Source source) {}

    private enum Source {
        CLIENT,
        PEER
    }
}
