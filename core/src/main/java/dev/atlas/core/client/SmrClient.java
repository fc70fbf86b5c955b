package dev.atlas.core.client;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.atlas.core.application.Codec;
import dev.atlas.core.message.ApplicationMessage;
import dev.atlas.core.message.Reply;
import dev.atlas.core.message.Request;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.types.Membership;
import dev.atlas.core.wire.ApplicationCodec;
import dev.atlas.core.wire.BundleCodec;
import dev.atlas.core.wire.Decoded;
import dev.atlas.net.concurrent.Backoff;
import dev.atlas.net.concurrent.Supervisor;
import dev.atlas.net.crypto.SignatureScheme;
import dev.atlas.net.env.Environment;
import dev.atlas.net.env.Timers;
import dev.atlas.net.identity.NodeId;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.stub.ModuleId;
import dev.atlas.net.stub.NetworkNode;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls a replicated application. Thread-safe: one client serves any number of threads of a process, multiplexed over one connection to each
 * replica, and signs what waits together.
 *
 * <p>A result is what f + 1 replicas answered alike, so at least one correct one did; Q with {@link ClientConfig#linearizableReads}. Ordered calls execute exactly once, however often they are
 * retransmitted. What a call throws is a {@link SmrException} that says what is known of the operation.
 *
 * @param <Q> request
 * @param <R> reply
 */
public final class SmrClient<Q, R> implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(SmrClient.class);
    private static final Duration CLOSE_DEADLINE = Duration.ofSeconds(5);

    private final Environment environment;
    private final NetworkNode network;
    private final Membership membership;
    private final ClientConfig config;
    private final SignatureScheme.KeyPair keys;
    private final Codec<Q> requestCodec;
    private final Codec<R> replyCodec;
    private final BundleCodec bundles;
    private final Supervisor threads;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition work = lock.newCondition();
    private final Condition room = lock.newCondition();

    /** Set while the thread completes a call, and so runs what depends on it. */
    private final ThreadLocal<Boolean> completing = new ThreadLocal<>();

    /** Guarded by {@link #lock}, like all fields below. */
    private final Calls calls;

    private final List<SentBundle> sent = new ArrayList<>();
    private final RetransmissionTimeout retransmission;
    private final Map<ReplicaId, Long> views = new TreeMap<>();
    private final Map<ReplicaId, Long> pauses = new TreeMap<>();
    private boolean lookDue;
    private boolean closed;
    private long completed;
    private long failed;
    private long bundlesSent;
    private long retransmissions;
    private long busy;
    private long rejected;

    /**
     * Connects in the background; calls made before a quorum is connected wait for it.
     *
     * @param network a client's node that has not been started; closed together with this client
     */
    public SmrClient(
            Environment environment,
            NetworkNode network,
            String clusterId,
            Membership membership,
            SignatureScheme.KeyPair keys,
            ClientConfig config,
            Codec<Q> requestCodec,
            Codec<R> replyCodec) {
        this.environment = environment;
        this.network = network;
        this.membership = membership;
        this.config = config;
        this.keys = keys;
        this.requestCodec = requestCodec;
        this.replyCodec = replyCodec;
        this.bundles = new BundleCodec(clusterId);
        this.retransmission = new RetransmissionTimeout(config.retransmit());
        this.threads = new Supervisor(environment, "client", CLOSE_DEADLINE);
        this.calls = new Calls(membership, config, environment.clock().wallMillis(), environment.random());
        network.incoming(ModuleId.APPLICATION).receiver(this::receive);
        network.start();
        threads.start("sender", this::send);
        scheduleLook();
    }

    /** Orders and executes a request, blocking for its result. */
    public R execute(Q request) {
        return await(submit(request));
    }

    /** Executes a read-only request without ordering it, blocking; it is ordered if replicas answer differently. */
    public R executeUnordered(Q request) {
        return await(submitUnordered(request));
    }

    /**
     * Orders and executes a request; blocks only while the window is full.
     *
     * <p>What is made to depend on the future runs on the client's own threads: give what may block or take long an executor ({@code thenApplyAsync}). There,
     * submitting does not block, however full the window is: what has no room is sent later. So let a call's completion submit one or a few others, not many.
     */
    public CompletableFuture<R> submit(Q request) {
        return enqueue(Request.Kind.ORDERED, request);
    }

    public CompletableFuture<R> submitUnordered(Q request) {
        return enqueue(Request.Kind.UNORDERED, request);
    }

    /**
     * Calls back with the result or the {@link SmrException}, on one of the client's own threads: the callback must not block. What it throws is logged.
     *
     * @throws SmrException.RequestTooLarge at once, like {@link SmrException.Closed}, from every method that takes a request
     */
    public void submit(Q request, BiConsumer<? super R, ? super Throwable> callback) {
        CompletableFuture<R> unused = submit(request).whenComplete((reply, failure) -> {
            try {
                callback.accept(reply, failure);
            } catch (Throwable thrown) { // the future would keep it to itself
                LOG.error("a callback has thrown", thrown);
            }
        });
    }

    /** Orders and executes a request whose result nobody waits for; still retransmitted until it is answered. Blocks as {@link #submit} does. */
    public void send(Q request) {
        CompletableFuture<R> unused = submit(request);
    }

    public ClientStatistics statistics() {
        lock.lock();
        try {
            return new ClientStatistics(completed, failed, bundlesSent, retransmissions, busy, rejected, agreedView());
        } finally {
            lock.unlock();
        }
    }

    /** Fails what is outstanding with {@link SmrException.OutcomeUnknown} and ends all threads. Idempotent. */
    @Override
    public void close() {
        List<Call> outstanding;
        lock.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            outstanding = calls.takeAll();
            work.signalAll();
            room.signalAll();
        } finally {
            lock.unlock();
        }
        failAll(outstanding, "the client was closed");
        threads.close();
        network.close();
    }

    private R await(CompletableFuture<R> future) {
        try {
            return future.get();
        } catch (ExecutionException failure) {
            if (failure.getCause() instanceof SmrException known) {
                known.fillInStackTrace(); // of the call, and not of the thread that gave it up
                throw known;
            }
            throw new CompletionException(failure.getCause());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new SmrException.OutcomeUnknown("interrupted while waiting");
        }
    }

    private CompletableFuture<R> enqueue(Request.Kind kind, Q request) {
        ByteString payload = UnsafeByteOperations.unsafeWrap(requestCodec.encode(request));
        if (payload.size() > config.largestRequest()) {
            throw new SmrException.RequestTooLarge(payload.size(), config.largestRequest());
        }
        Call call = new Call(kind, payload, environment.clock().nanoTime(), config.linearizableReads());
        lock.lock();
        try {
            // Who makes room by completing calls must not wait for it: these threads read the answers.
            while (!closed && !calls.hasRoom(kind) && completing.get() == null) {
                room.awaitUninterruptibly();
            }
            if (closed) {
                throw new SmrException.Closed();
            }
            calls.add(call);
            work.signal();
        } finally {
            lock.unlock();
        }
        return decoded(call.result);
    }

    /** Without a stage in between, which would put an exception of its own around that of a call. */
    private CompletableFuture<R> decoded(CompletableFuture<ByteString> answer) {
        CompletableFuture<R> decoded = new CompletableFuture<>();
        CompletableFuture<ByteString> unused = answer.whenComplete((result, failure) -> {
            if (failure != null) {
                decoded.completeExceptionally(failure);
                return;
            }
            try {
                decoded.complete(replyCodec.decode(result.asReadOnlyByteBuffer()));
            } catch (Throwable undecodable) { // also an Error: the caller waits for one or the other
                decoded.completeExceptionally(undecodable);
            }
        });
        return decoded;
    }

    /** The sender's thread: whatever has gathered while one bundle was signed goes into the next. */
    private void send() throws InterruptedException {
        while (true) {
            List<Unsigned> unsigned = new ArrayList<>();
            List<SentBundle> again = new ArrayList<>();
            lock.lockInterruptibly();
            try {
                List<Call> bundle = nextBundle();
                while (bundle.isEmpty() && !lookDue && !closed) {
                    work.await();
                    bundle = nextBundle();
                }
                if (closed) {
                    return;
                }
                if (!bundle.isEmpty()) {
                    unsigned.add(unsigned(bundle));
                }
                if (lookDue) {
                    lookDue = false;
                    sendAgain(again, unsigned);
                }
            } finally {
                lock.unlock();
            }
            unsigned.forEach(this::sendOrFail);
            again.forEach(due -> network.outgoing(ModuleId.APPLICATION).broadcast(membership.ids(), due.message));
        }
    }

    /** A bundle that is still to be signed. */
    private record Unsigned(
            List<Call> calls, List<Request> requests, List<RequestBundle.Acknowledgement> acknowledgements) {}

    /** Needs the lock. */
    private Unsigned unsigned(List<Call> bundle) {
        return new Unsigned(bundle, bundle.stream().map(calls::request).toList(), calls.acknowledgements());
    }

    /** Nothing while replicas have asked to slow down; the next look finds that they do no longer. Needs the lock. */
    private List<Call> nextBundle() {
        long now = environment.clock().nanoTime();
        return isPaused(now) ? List.of() : calls.nextBundle(now);
    }

    /** What cannot be signed or sent fails by itself: the next bundle may have nothing to do with it. An opening is tried anew, in time. */
    private void sendOrFail(Unsigned bundle) {
        try {
            send(bundle);
        } catch (RuntimeException failure) {
            LOG.error("a bundle of {} calls cannot be sent", bundle.calls().size(), failure);
            giveUp(bundle.calls(), "it could not be sent: " + failure);
        }
    }

    private void giveUp(List<Call> unsent, String reason) {
        List<Call> open;
        lock.lock();
        try {
            open = calls.giveUp(unsent);
            room.signalAll();
        } finally {
            lock.unlock();
        }
        failElsewhere("unsent", open, reason);
    }

    /** On a thread of their own: what the caller does then may take long, and all other calls wait for the sender, and for the timers' thread. */
    private void failElsewhere(String thread, List<Call> ending, String reason) {
        if (!ending.isEmpty() && !threads.start(thread, () -> failAll(ending, reason))) {
            failAll(ending, reason);
        }
    }

    private void failAll(List<Call> ending, String reason) {
        ending.forEach(call -> fail(call, new SmrException.OutcomeUnknown(reason)));
    }

    private void send(Unsigned bundle) {
        RequestBundle sealed = bundles.seal(keys, bundle.requests(), bundle.acknowledgements());
        ByteBuffer message = ApplicationCodec.encode(new ApplicationMessage.Bundle(sealed.envelope()));
        lock.lock();
        try {
            bundlesSent++;
            long now = environment.clock().nanoTime();
            bundle.calls().forEach(call -> call.sentNanos = now);
            sent.add(new SentBundle(
                    message,
                    bundle.requests().getFirst().kind(),
                    bundle.calls(),
                    new Backoff(retransmission.policy(), environment.random()),
                    now));
        } finally {
            lock.unlock();
        }
        network.outgoing(ModuleId.APPLICATION).broadcast(membership.ids(), message);
    }

    /** What is due is to be sent again; none of it while replicas have asked to slow down. Needs the lock. */
    private void sendAgain(List<SentBundle> again, List<Unsigned> unsigned) {
        long now = environment.clock().nanoTime();
        sent.removeIf(SentBundle::isAnswered);
        if (isPaused(now)) {
            return;
        }
        for (SentBundle due : sent.stream().filter(bundle -> bundle.isDue(now)).toList()) {
            retransmissions++;
            if (due.isAnsweredInPart()) {
                sent.remove(due);
                unsigned.add(unsigned(due.unanswered()));
            } else {
                again.add(due);
            }
        }
    }

    /** Whether f + 1 replicas have asked to slow down: fewer may all lie, and could stop the client for ever. Needs the lock. */
    private boolean isPaused(long now) {
        pauses.values().removeIf(until -> now - until >= 0);
        return pauses.size() >= membership.quorums().weakQuorum();
    }

    /** Looks for calls that are due again or overdue, four times in the first retransmission interval. */
    private void scheduleLook() {
        Timers.Timer unused =
                environment.timers().schedule(config.retransmit().first().dividedBy(4), this::look);
    }

    /** Whatever becomes of this one, there is a next one until the client is closed: without, no call would ever be sent again or given up. */
    private void look() {
        List<Call> overdue;
        try {
            overdue = takeOverdue();
        } finally {
            if (!isClosed()) {
                scheduleLook();
            }
        }
        if (!overdue.isEmpty()) {
            failElsewhere("overdue", overdue, "no answer within " + config.deadline() + ", with " + connected());
        }
    }

    private String connected() {
        long up =
                membership.ids().stream().filter(network.connected()::contains).count();
        return up + " of " + membership.ids().size() + " replicas connected";
    }

    private List<Call> takeOverdue() {
        lock.lock();
        try {
            if (closed) {
                return List.of();
            }
            lookDue = true;
            work.signal();
            room.signalAll();
            return calls.takeOverdue(environment.clock().nanoTime());
        } finally {
            lock.unlock();
        }
    }

    private boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    private void receive(NodeId from, List<ByteBuffer> messages) {
        if (!(from instanceof ReplicaId replica) || !membership.contains(replica)) {
            count(() -> rejected += messages.size());
            return;
        }
        for (ByteBuffer message : messages) {
            switch (ApplicationCodec.decode(message)) {
                case Decoded.Malformed<ApplicationMessage> ignored -> count(() -> rejected++);
                case Decoded.Value<ApplicationMessage> value -> receive(replica, value.value());
            }
        }
    }

    private void receive(ReplicaId replica, ApplicationMessage message) {
        switch (message) {
            case ApplicationMessage.ReplyBundle replies -> receive(replica, replies);
            case ApplicationMessage.Busy slowDown ->
                count(() -> {
                    busy++;
                    long millis = Math.min(
                            slowDown.retryAfterMillis(),
                            config.retransmit().longest().toMillis());
                    pauses.put(
                            replica,
                            environment.clock().nanoTime()
                                    + Duration.ofMillis(millis).toNanos());
                });
            case ApplicationMessage.Bundle ignored -> count(() -> rejected++);
        }
    }

    private void receive(ReplicaId replica, ApplicationMessage.ReplyBundle replies) {
        List<Calls.Settled> settled = new ArrayList<>();
        List<Call> orphans;
        lock.lock();
        try {
            views.merge(replica, replies.view(), Math::max);
            for (Reply reply : replies.replies()) {
                calls.answered(replica, reply).ifPresent(settled::add);
            }
            long now = environment.clock().nanoTime();
            settled.stream()
                    .filter(answer -> answer.call().kind != Request.Kind.UNORDERED)
                    .mapToLong(answer -> now - answer.call().sentNanos)
                    .max()
                    .ifPresent(retransmission::answeredAfter);
            orphans = calls.takeOrphans();
            if (!settled.isEmpty()) {
                room.signalAll();
            }
            work.signal(); // an unsettled call may have to be ordered instead
        } finally {
            lock.unlock();
        }
        settled.forEach(this::complete);
        failAll(orphans, "the session has expired");
    }

    private void complete(Calls.Settled settled) {
        Reply reply = settled.reply();
        Call call = settled.call();
        switch (reply.outcome()) {
            case EXECUTED -> succeed(call, reply);
            case SESSION_OPENED -> call.result.complete(ByteString.EMPTY);
            case APPLICATION_ERROR ->
                fail(call, new SmrException.ApplicationFailed(reply.result().toStringUtf8()));
            case CONFLICT -> fail(call, new SmrException.NotExecuted("another request was ordered under its number"));
            case DEAD -> fail(call, new SmrException.NotExecuted("it was given up before it was ordered"));
            // The table forgets with a session what was executed in it: it may have been, the first time it was
            // ordered.
            case EXPIRED -> fail(call, new SmrException.OutcomeUnknown("its session has expired"));
            case STALE_OPENING -> call.result.complete(ByteString.EMPTY);
            case RESULT_NOT_KEPT ->
                fail(call, new SmrException.ResultNotKept(reply.result().toStringUtf8()));
        }
    }

    private void succeed(Call call, Reply reply) {
        count(() -> completed++);
        end(call, "executed");
        completing(() -> call.result.complete(reply.result()));
    }

    private void fail(Call call, SmrException failure) {
        count(() -> failed++);
        end(call, failure.getClass().getSimpleName());
        completing(() -> call.result.completeExceptionally(failure));
    }

    /** Needs no lock, and must not be called with it. */
    private void completing(Runnable completion) {
        boolean outermost = completing.get() == null;
        completing.set(true);
        try {
            completion.run();
        } finally {
            if (outermost) {
                completing.remove();
            }
        }
    }

    private static void end(Call call, String outcome) {
        call.event.ordered = call.kind == Request.Kind.ORDERED;
        call.event.outcome = outcome;
        call.event.commit();
    }

    /** The highest view that f + 1 replicas are in or beyond. Needs the lock. */
    private long agreedView() {
        List<Long> descending = views.values().stream()
                .sorted((left, right) -> Long.compare(right, left))
                .toList();
        int weak = membership.quorums().weakQuorum();
        return descending.size() < weak ? 0 : descending.get(weak - 1);
    }

    private void count(Runnable change) {
        lock.lock();
        try {
            change.run();
        } finally {
            lock.unlock();
        }
    }
}
