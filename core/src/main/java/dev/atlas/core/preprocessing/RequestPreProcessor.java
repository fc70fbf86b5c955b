package dev.atlas.core.preprocessing;

import com.google.protobuf.ByteString;
import dev.atlas.core.execution.AnsweredNumbers;
import dev.atlas.core.execution.DecidedBatch;
import dev.atlas.core.message.ApplicationMessage.Busy;
import dev.atlas.core.message.Batch;
import dev.atlas.core.message.Request;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.node.ReplyNode;
import dev.atlas.core.types.Quorums;
import dev.atlas.core.wire.BundleCodec;
import dev.atlas.core.wire.BundleVerifier;
import dev.atlas.core.wire.Decoded;
import dev.atlas.net.concurrent.Backoff;
import dev.atlas.net.concurrent.Supervisor;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.env.Environment;
import dev.atlas.net.identity.ClientId;
import dev.atlas.net.identity.NodeId;
import dev.atlas.net.identity.ReplicaId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;

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
    private final List<Inbox> inboxes = new ArrayList<>();
    private final AtomicReference<AnsweredNumbers> answered = new AtomicReference<>(AnsweredNumbers.NONE);
    private final Supervisor workers;

    /**
     * @param mostRetainedBytes of bodies and names of batches, in memory, beyond which nothing more is taken for what others propose
     */
    public RequestPreProcessor(
            Environment environment,
            PreProcessingConfig config,
            long mostRetainedBytes,
            Quorums quorums,
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
        this.bodies = new BodyStore(config, mostRetainedBytes, listener);
        this.batcher = new Batcher(config, listener);
        this.timeouts = new RequestTimeouts(config, quorums.weakQuorum());
        this.workers = new Supervisor(environment, "pre-processing", CLOSE_DEADLINE);
        for (int index = 0; index < config.workers(); index++) {
            inboxes.add(new Inbox(config.inboxPerWorker()));
        }
    }

    /** Starts the workers and the watch over waiting requests. */
    public void start() {
        for (Inbox inbox : inboxes) {
            workers.keepRunning("worker", RESTART, () -> work(inbox));
        }
        watch();
    }

    public BodyStore bodies() {
        return bodies;
    }

    /** Bundles that wait to be proposed. */
    public int waiting() {
        return batcher.size();
    }

    /** The next batch to propose, or empty if nothing waits; its bodies stay until the batch is released. */
    public Optional<Batch> nextBatch(long wallMillis) {
        Optional<Batch> next = batcher.next(wallMillis);
        while (next.isPresent()) {
            Set<Digest> settled = bodies.keep(next.get());
            if (settled.isEmpty()) {
                return next;
            }
            batcher.takeBack(next.get(), settled);
            next = batcher.next(wallMillis);
        }
        return next;
    }

    /** A proposal came to nothing: what of it is not decided waits again. */
    public void takeBack(Batch batch) {
        batcher.takeBack(batch, Set.of());
    }

    /** No retained slot names the batch any more. What came for it alone, and has no room on its client's account, is forgotten: its client sends it again. */
    public void release(Digest batch) {
        settleUnordered(bodies.release(batch));
    }

    private void settleUnordered(List<RequestBundle> bundles) {
        settle(bundles);
        for (RequestBundle bundle : bundles) {
            batcher.takeUpBefore(bundle)
                    .forEach(older ->
                            timeouts.add(older, false, environment.clock().nanoTime()));
        }
    }

    public PreProcessingCounters counters() {
        return counters;
    }

    /** A client's own message; never blocks. */
    public void receive(ClientId from, ByteString envelope) {
        if (!inbox(from).offer(new Incoming(from, envelope))) {
            counters.overloaded.increment();
            busy(from, Busy.Reason.REPLICA_OVERLOADED);
        }
    }

    /** Bodies that a peer forwarded, or sent because they were fetched; what finds no place comes again. */
    public void receiveFromPeer(NodeId from, List<ByteString> envelopes) {
        for (ByteString envelope : envelopes) {
            // Spread by content: peers bring bodies of many clients.
            Inbox inbox = inboxes.get(
                    Math.floorMod(envelope.substring(envelope.size() / 2).hashCode(), inboxes.size()));
            if (!inbox.offer(new Incoming(from, envelope))) {
                counters.overloaded.increment();
            }
        }
    }

    public void decided(DecidedBatch batch) {
        decided.add(batch.bundles());
        settle(batch.bundles());
        for (RequestBundle bundle : batch.bundles()) {
            giveUp(batcher.giveUpBefore(bundle));
            settle(batcher.takeGivenUpBefore(bundle));
        }
    }

    /** Neither proposed any longer nor held against a primary that does not; its body stays, since a primary may have been faster. */
    private void giveUp(List<RequestBundle> dead) {
        if (!dead.isEmpty()) {
            counters.givenUp.add(dead.size());
            timeouts.ordered(dead, environment.clock().nanoTime());
        }
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
     * The sessions of another state are this replica's now: what they have answered and waits here was decided without being heard of.
     *
     * <p>A hint only, and not the same everywhere, so it must not censor: the rest may be ordered yet. Nor does it say anything against the primary, since some
     * of it may have been ordered and forgotten with its client: what was not, clients send again, and then it is timed.
     */
    public void installed(AnsweredNumbers numbers) {
        answered.set(numbers);
        List<RequestBundle> pending = bodies.pending();
        timeouts.ordered(pending, environment.clock().nanoTime());
        List<RequestBundle> covered = pending.stream().filter(numbers::covers).toList();
        settle(covered);
        covered.forEach(batcher::takeUpBefore);
    }

    private void settle(List<RequestBundle> bundles) {
        batcher.decided(bundles);
        timeouts.ordered(bundles, environment.clock().nanoTime());
        bodies.ordered(bundles);
    }

    /** Of these bundles, those that are known here to be decided, lately. */
    public List<Digest> decidedAmong(List<Digest> bundles) {
        return bundles.stream().filter(decided::contains).toList();
    }

    /**
     * A member says that these bundles, which nobody orders, are decided: a replica that has restarted knows no more what lies under its checkpoint, and those that
     * know do not order it again. With f + 1 that say so, one of them correct, such a bundle is decided and is not held against the primary.
     */
    public void saidToBeDecided(ReplicaId member, List<Digest> bundles) {
        List<RequestBundle> believed = timeouts.saidToBeDecided(member, bundles);
        if (!believed.isEmpty()) {
            counters.decidedBefore.add(believed.size());
            decided.add(believed);
            settleUnordered(believed);
        }
    }

    /** Was late and could not be forwarded: the next look says so again. */
    public void offerAgain(List<RequestBundle> late) {
        timeouts.offerAgain(late);
    }

    public void enterView(long view) {
        timeouts.enterView(view, environment.clock().nanoTime());
    }

    public void leaveView() {
        timeouts.leaveView();
    }

    @Override
    public void close() {
        inboxes.forEach(Inbox::close);
        workers.close();
    }

    private Inbox inbox(ClientId client) {
        return inboxes.get(Math.floorMod(client.hashCode(), inboxes.size()));
    }

    private void work(Inbox inbox) throws InterruptedException {
        List<Incoming> drained = new ArrayList<>(BUNDLES_PER_TURN);
        while (inbox.drain(drained, BUNDLES_PER_TURN)) {
            process(drained);
            drained.clear();
        }
    }

    private void process(List<Incoming> drained) throws InterruptedException {
        List<Incoming> sources = new ArrayList<>(drained.size());
        List<RequestBundle> toCheck = new ArrayList<>(drained.size());
        List<RequestBundle> unordered = new ArrayList<>();
        for (Incoming incoming : drained) {
            switch (codec.open(incoming.envelope())) {
                case Decoded.Malformed<RequestBundle> ignored -> counters.malformed.increment();
                case Decoded.Value<RequestBundle> value -> {
                    if (sift(incoming, value.value(), unordered)) {
                        sources.add(incoming);
                        toCheck.add(value.value());
                    }
                }
            }
        }
        if (!toCheck.isEmpty()) {
            boolean[] valid = signatures.check(toCheck);
            for (int index = 0; index < valid.length; index++) {
                RequestBundle bundle = toCheck.get(index);
                if (valid[index]) {
                    accept(sources.get(index), bundle, unordered);
                } else {
                    counters.badSignatures.increment();
                    bodies.addUnverified(bundle);
                }
            }
        }
        executeUnordered(unordered);
    }

    /** True if the signature is worth its check; what need not be checked is dealt with here. */
    private boolean sift(Incoming incoming, RequestBundle bundle, List<RequestBundle> unordered) {
        if (incoming.from() instanceof ClientId client && !bundle.client().equals(client)) {
            counters.notOwn.increment(); // a quota would be worth nothing to whom others can spend it
            return false;
        }
        if (isSettled(incoming, bundle)) {
            counters.repeated.increment();
            if (incoming.lane() == Incoming.Lane.CLIENTS) {
                listener.answerAgain(bundle);
            }
            return false;
        }
        if (!isOrdered(bundle)) {
            return true;
        }
        return switch (bodies.wouldAdd(bundle, incoming.origin())) {
            case NEW -> true;
            case KNOWN -> {
                accept(incoming, bundle, unordered); // its digest covers its signature
                yield false;
            }
            case OVER_QUOTA -> refuseOverQuota(incoming);
            case CLIENTS_FULL -> refuseOverloaded(incoming);
            case PEER_FULL -> refuseForwarded();
        };
    }

    /** A member may bring a body again that was released, for a batch that a peer has fetched it for. */
    private boolean isSettled(Incoming incoming, RequestBundle bundle) {
        return switch (incoming.lane()) {
            case CLIENTS -> decided.contains(bundle.digest()) || answered.get().covers(bundle);
            case PEERS -> decided.contains(bundle.digest()) && !bodies.isAwaited(bundle.digest());
        };
    }

    private static boolean isOrdered(RequestBundle bundle) {
        for (Request request : bundle.requests()) {
            if (request.kind() != Request.Kind.UNORDERED) {
                return true;
            }
        }
        return false;
    }

    private void accept(Incoming incoming, RequestBundle bundle, List<RequestBundle> unordered) {
        if (isOrdered(bundle)) {
            order(incoming, bundle);
        }
        if (incoming.lane() == Incoming.Lane.CLIENTS
                && bundle.requests().stream().anyMatch(request -> request.kind() == Request.Kind.UNORDERED)) {
            unordered.add(bundle);
        }
    }

    private void order(Incoming incoming, RequestBundle bundle) {
        BodyStore.Added added = bodies.addVerified(bundle, incoming.origin());
        switch (added == BodyStore.Added.KNOWN ? bodies.orderAgain(bundle, incoming.origin()) : added) {
            case NEW -> {
                counters.accepted.increment();
                giveUp(batcher.add(bundle));
                time(incoming, bundle);
                settleIfDecided(incoming, bundle);
            }
            case KNOWN -> {
                counters.repeated.increment();
                if (bodies.isPending(bundle.digest())) {
                    // It may have come from members only, or not be timed any more since a state was installed: never
                    // timed, it could be passed over for ever.
                    time(incoming, bundle);
                    settleIfDecided(incoming, bundle);
                }
            }
            case OVER_QUOTA -> refuseOverQuota(incoming);
            case CLIENTS_FULL -> refuseOverloaded(incoming);
            case PEER_FULL -> refuseForwarded();
        }
    }

    /** What members bring of what is answered here others may still need, but nobody waits for it: a faulty one could have any primary left with it. */
    private void time(Incoming incoming, RequestBundle bundle) {
        boolean itself = incoming.lane() == Incoming.Lane.CLIENTS;
        if (itself || !answered.get().covers(bundle)) {
            timeouts.add(bundle, itself, environment.clock().nanoTime());
        }
    }

    private boolean refuseOverQuota(Incoming incoming) {
        counters.overQuota.increment();
        busy(incoming, Busy.Reason.QUOTA_EXCEEDED);
        return false;
    }

    private boolean refuseOverloaded(Incoming incoming) {
        counters.overloaded.increment();
        busy(incoming, Busy.Reason.REPLICA_OVERLOADED);
        return false;
    }

    /** Its client has done nothing wrong, and hears from us when it sends itself. */
    private boolean refuseForwarded() {
        counters.forwardedInVain.increment();
        return false;
    }

    /**
     * Decided or settled while it was being checked and queued: looked at last, since whoever does that says so first. It came too late to settle what has
     * been given up on its word.
     */
    private void settleIfDecided(Incoming incoming, RequestBundle bundle) {
        if (isSettled(incoming, bundle) || !bodies.isPending(bundle.digest())) {
            settle(List.of(bundle));
            for (RequestBundle older : batcher.takeUpBefore(bundle)) {
                time(incoming, older);
                settleIfDecided(incoming, older);
            }
        }
    }

    /** To the client whose own message it was. */
    private void busy(Incoming incoming, Busy.Reason reason) {
        if (incoming.from() instanceof ClientId client) {
            busy(client, reason);
        }
    }

    private void busy(ClientId client, Busy.Reason reason) {
        replies.send(client, new Busy(reason, RETRY_AFTER_MILLIS));
    }

    private void executeUnordered(List<RequestBundle> bundles) {
        if (!bundles.isEmpty()) {
            List<RequestBundle> refused = listener.unordered(bundles);
            counters.overloaded.add(refused.size());
            refused.forEach(bundle -> busy(bundle.client(), Busy.Reason.REPLICA_OVERLOADED));
        }
    }

    /**
     * Looks at the waiting requests eight times in a timeout, on a thread of its own: the look takes time with many clients. Soon again while there are late ones, since
     * not all may be forwarded at once.
     */
    private void watch() {
        Duration period = config.requestTimeout().dividedBy(8);
        workers.keepRunning("timeouts", RESTART, () -> {
            boolean soon = false;
            while (!workers.isClosed()) {
                environment.sleep(soon ? period.dividedBy(8) : period);
                RequestTimeouts.Due due = timeouts.look(environment.clock().nanoTime());
                soon = !due.late().isEmpty();
                if (soon) {
                    listener.requestsLate(due.view(), due.late(), due.doubtful());
                }
                due.overdue().ifPresent(overdue -> listener.requestTimedOut(due.view(), overdue));
            }
        });
    }
}
