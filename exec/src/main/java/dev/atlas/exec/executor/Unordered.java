package dev.atlas.exec.executor;

import dev.atlas.core.execution.ExecutionRequest.ExecuteUnordered;
import dev.atlas.core.message.Reply;
import dev.atlas.core.message.Request;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.exec.metrics.UnorderedExecutionEvent;
import dev.atlas.exec.reply.Replier;
import dev.atlas.net.env.Environment;
import dev.atlas.net.identity.ClientId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Unordered requests: executed on the pool, on the last state between two batches that the executor has published.
 *
 * <p>A snapshot makes the next batch copy what it changes, so the executor publishes one only while somebody asks ({@link #isWanted}). What is published
 * is always the state after all batches that were answered: a client finds its own writes. Thread-safe.
 */
final class Unordered<S, Q, R> {

    private static final int REQUESTS_PER_TURN = 64;

    /** For each thread of the pool, while execution waits for them; ordered requests must not wait for a flood of others. */
    private static final int TURNS_BETWEEN_BATCHES = 4;

    private final Environment environment;
    private final Operations<S, Q, R> operations;
    private final Replier replier;
    private final BooleanSupplier wakeExecutor;
    private final Consumer<Throwable> failed;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition freed = lock.newCondition();

    /** Guarded by {@link #lock}, like all below. */
    private final FairQueue waiting = new FairQueue();

    private @Nullable Consistent<S> published;
    private boolean asked;

    /** A wake-up lies in the mailbox of the executor. */
    private boolean wakeUpQueued;

    private boolean used;
    private boolean closed;
    private int active;

    Unordered(
            Environment environment,
            Operations<S, Q, R> operations,
            Replier replier,
            BooleanSupplier wakeExecutor,
            Consumer<Throwable> failed) {
        this.environment = environment;
        this.operations = operations;
        this.replier = replier;
        this.wakeExecutor = wakeExecutor;
        this.failed = failed;
    }

    /** Returns the bundles that have no room, whose clients are to be told. */
    List<RequestBundle> offer(List<RequestBundle> bundles) {
        lock.lock();
        try {
            List<RequestBundle> refused = new ArrayList<>();
            for (RequestBundle bundle : bundles) {
                if (closed || !add(bundle)) {
                    refused.add(bundle);
                }
            }
            return refused;
        } finally {
            lock.unlock();
        }
    }

    /** Blocks while there is no room. */
    void put(ExecuteUnordered request) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            for (RequestBundle bundle : request.bundles()) {
                while (!closed && !add(bundle)) {
                    freed.await();
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /** Once is enough until it is opened. */
    private void wake() {
        if (!wakeUpQueued) {
            wakeUpQueued = wakeExecutor.getAsBoolean();
        }
    }

    /** The executor has opened the wake-up. */
    void wakeUpOpened() {
        lock.lock();
        try {
            wakeUpQueued = false;
        } finally {
            lock.unlock();
        }
    }

    private boolean add(RequestBundle bundle) {
        if (!waiting.offer(bundle)) {
            return false;
        }
        if (published != null) {
            startWorker();
        } else if (!asked) {
            asked = true;
            wake();
        }
        return true;
    }

    int depth() {
        lock.lock();
        try {
            return waiting.size();
        } finally {
            lock.unlock();
        }
    }

    void close() {
        lock.lock();
        try {
            closed = true;
            waiting.clear();
            freed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Whether somebody has asked since the last call of {@link #publish}. */
    boolean isWanted() {
        lock.lock();
        try {
            return asked || used || !waiting.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    /** Whether somebody waits for the executor to look, and no wake-up tells it: there was no room for one. */
    boolean isOverlooked() {
        lock.lock();
        try {
            return asked && !wakeUpQueued;
        } finally {
            lock.unlock();
        }
    }

    void publish(Consistent<S> consistent) {
        lock.lock();
        try {
            published = consistent;
            asked = false;
            used = false;
            for (int each = waiting.size(); each > 0; each--) {
                startWorker();
            }
        } finally {
            lock.unlock();
        }
    }

    /** What is published is out of date. */
    void withdraw() {
        lock.lock();
        try {
            published = null;
        } finally {
            lock.unlock();
        }
    }

    /** Forgets what waits; only before anything is published. */
    void drop() {
        lock.lock();
        try {
            asked = false;
            waiting.clear();
            freed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Answers some of what waits on a state that is good only while the caller, the executor's thread, stays in here; asks for another call if there is more. */
    void serveNow(Consistent<S> consistent) throws InterruptedException {
        List<List<RequestBundle>> shares = new ArrayList<>();
        int most = TURNS_BETWEEN_BATCHES * environment.computeParallelism();
        lock.lock();
        try {
            asked = false;
            while (!waiting.isEmpty() && shares.size() < most) {
                shares.add(take());
            }
            if (!waiting.isEmpty()) {
                asked = true;
                wake();
            }
        } finally {
            lock.unlock();
        }
        CountDownLatch done = new CountDownLatch(shares.size());
        for (List<RequestBundle> share : shares) {
            environment.computePool().execute(() -> {
                try {
                    answer(consistent, share);
                } finally {
                    done.countDown();
                }
            });
        }
        done.await();
    }

    private void startWorker() {
        if (active < environment.computeParallelism()) {
            active++;
            environment.computePool().execute(this::work);
        }
    }

    /** One turn; the next one queues behind other work of the pool. */
    private void work() {
        Consistent<S> on;
        List<RequestBundle> mine;
        lock.lock();
        try {
            on = published;
            mine = on == null ? List.of() : take();
            if (on == null || mine.isEmpty()) {
                active--;
                if (!waiting.isEmpty() && !asked) {
                    asked = true;
                    wake();
                }
                return;
            }
            used = true;
        } finally {
            lock.unlock();
        }
        answer(on, mine);
        environment.computePool().execute(this::work);
    }

    private List<RequestBundle> take() {
        List<RequestBundle> taken = new ArrayList<>();
        int requests = 0;
        while (!waiting.isEmpty() && requests < REQUESTS_PER_TURN) {
            RequestBundle next = waiting.remove();
            requests += next.requests().size();
            taken.add(next);
        }
        freed.signalAll();
        return taken;
    }

    private void answer(Consistent<S> on, List<RequestBundle> bundles) {
        UnorderedExecutionEvent event = new UnorderedExecutionEvent();
        event.begin();
        try {
            Answers answers = new Answers(on.view());
            for (RequestBundle bundle : bundles) {
                for (Request request : bundle.requests()) {
                    if (request.kind() == Request.Kind.UNORDERED) {
                        answers.add(bundle.client(), operations.unordered(on, bundle.client(), request));
                        event.operations++;
                    }
                }
            }
            answers.send();
            event.commit();
        } catch (Throwable failure) {
            // Throwable: an Error of the application stops the replica, also here.
            failed.accept(failure);
        }
    }

    /** Answers on their way out. Few bytes of requests can ask for many of answers, so these leave before there are too many. */
    private final class Answers {

        private final long view;
        private final Map<ClientId, List<Reply>> gathered = new LinkedHashMap<>();
        private long bytes;

        Answers(long view) {
            this.view = view;
        }

        void add(ClientId client, Reply reply) {
            gathered.computeIfAbsent(client, unseen -> new ArrayList<>()).add(reply);
            bytes += reply.result().size();
            if (bytes >= Replier.MESSAGE_BYTES) {
                send();
            }
        }

        void send() {
            replier.unordered(view, gathered);
            gathered.clear();
            bytes = 0;
        }
    }
}
