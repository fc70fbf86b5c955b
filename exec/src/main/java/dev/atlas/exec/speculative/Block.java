package dev.atlas.exec.speculative;

import dev.atlas.core.application.CrudState;
import dev.atlas.core.types.Invariants;
import dev.atlas.exec.speculative.Transaction.State;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The speculative execution of one block of operations.
 *
 * <p>Every worker takes the next operation, executes it against the memory and validates it at once, which finds most conflicts early and in parallel. Then
 * it commits what it can: {@link #commit} goes through the block in order, one worker at a time. An operation is committed if what it has read is what
 * it would read now, with all before it committed, and it has not ended in an {@link Error}; otherwise it is executed once more on the spot, and this
 * incarnation reads committed values only and counts whatever comes of it. <b>So the outcome of each operation is that of an execution on exactly the writes of
 * those before it: sequential execution, whatever the interleaving.</b> Committing in order also bounds the work: an operation runs at most {@link #INCARNATIONS} times and once more.
 *
 * <p>Nobody spins: a worker without work leaves, one that makes work for more than itself invites others, and the caller, which works too, waits at the end
 * for those that still run. An invitation that is answered late finds nothing to do.
 */
final class Block<R> {

    /** Speculative incarnations of one operation; after that it waits for its turn to commit. */
    static final int INCARNATIONS = 6;

    /** Validations at once of the same operation, before it is left to the commit. */
    private static final int RETRIES = 2;

    /** Accesses of a speculative incarnation. */
    private static final int STEPS = 1 << 16;

    private final Operation<R> operation;
    private final Rules rules;
    private final Memory memory;
    private final List<Transaction<R>> transactions;
    private final Executor pool;
    private final int mostHelpers;
    private final int chunk;
    private final AtomicInteger next = new AtomicInteger();
    private final ConcurrentLinkedQueue<Transaction<R>> ready = new ConcurrentLinkedQueue<>();
    private final AtomicInteger helpers = new AtomicInteger();
    private final AtomicBoolean committing = new AtomicBoolean();
    private final AtomicReference<@Nullable Throwable> defect = new AtomicReference<>();
    private final CountDownLatch done = new CountDownLatch(1);
    private final LongAdder aborts = new LongAdder();

    /** Written by the holder of {@link #committing} only. */
    private volatile int committed;

    Block(CrudState base, int count, Operation<R> operation, Rules rules, Executor pool, int threads, int chunk) {
        this.operation = operation;
        this.rules = rules;
        this.memory = new Memory(base, rules, count);
        this.transactions = new ArrayList<>(count);
        for (int index = 0; index < count; index++) {
            transactions.add(new Transaction<>(index));
        }
        this.pool = pool;
        this.mostHelpers = threads - 1;
        this.chunk = chunk;
    }

    /**
     * Executes all operations, then brings the base to the state after them.
     *
     * @return their results in order
     * @throws Error if an operation throws one
     */
    List<R> run() {
        if (!transactions.isEmpty()) {
            invite(transactions.size() - 1);
            work();
            awaitDone();
        }
        Throwable found = defect.get();
        if (found != null) {
            throw new IllegalStateException("speculative execution failed", found);
        }
        return settle();
    }

    /** After {@link #run}. */
    long incarnations() {
        return transactions.stream().mapToLong(each -> each.incarnations).sum();
    }

    long aborts() {
        return aborts.sum();
    }

    private void invite(int tasks) {
        for (int wanted = tasks; wanted > 0; wanted--) {
            int present = helpers.get();
            if (present >= mostHelpers || !helpers.compareAndSet(present, present + 1)) {
                return;
            }
            pool.execute(() -> {
                work();
                helpers.decrementAndGet();
            });
        }
    }

    private void awaitDone() {
        boolean interrupted = false;
        while (true) {
            try {
                done.await();
                break;
            } catch (InterruptedException later) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** A failure in here is our own, not the application's: it must stop the block rather than leave it waiting. */
    private void work() {
        try {
            Chunk mine = new Chunk();
            for (Transaction<R> taken = take(mine); taken != null; taken = take(mine)) {
                if (taken.published() != null) {
                    makeEstimates(taken);
                }
                speculate(taken);
                commit();
            }
        } catch (Throwable failure) {
            defect.compareAndSet(null, failure);
            done.countDown();
        }
    }

    /** The next operation, claimed; or one ahead that has to be repeated; or none. */
    private @Nullable Transaction<R> take(Chunk mine) {
        while (done.getCount() > 0) {
            rules.pause();
            Transaction<R> candidate = ready.poll();
            if (candidate == null) {
                candidate = mine.next();
            }
            if (candidate == null) {
                return invalidAhead();
            }
            if (candidate.move(State.NEW, State.RUNNING)) {
                return candidate;
            }
        }
        return null;
    }

    /** When everything has been tried once: what will fail to commit soon is better repeated in parallel now. */
    private @Nullable Transaction<R> invalidAhead() {
        int from = committed + 1;
        int to = Math.min(transactions.size(), from + 8 * (mostHelpers + 1));
        for (int index = from; index < to; index++) {
            Transaction<R> ahead = transactions.get(index);
            boolean executed = ahead.state() == State.EXECUTED;
            View view = ahead.published();
            if (executed
                    && view != null
                    && ahead.incarnations < INCARNATIONS
                    && !rules.isValid(view)
                    && ahead.move(State.EXECUTED, State.RUNNING)) {
                aborts.increment();
                return ahead;
            }
        }
        return null;
    }

    private void speculate(Transaction<R> transaction) {
        for (int retry = 0; ; retry++) {
            View view = new View(memory, rules, transaction.index, STEPS);
            Outcome<R> outcome = execute(transaction, view);
            boolean last = retry >= RETRIES || transaction.incarnations >= INCARNATIONS;
            if (view.isInterrupted()) {
                aborts.increment();
                if (!last && view.awaited() != Version.BASE) {
                    if (await(transaction, view.awaited())) {
                        return;
                    }
                    continue;
                }
                publish(transaction, new Outcome.None<>(), null, State.EXECUTED);
                return;
            }
            if (!last && !rules.isValid(view)) {
                aborts.increment();
                continue;
            }
            publish(transaction, outcome, view, State.EXECUTED);
            return;
        }
    }

    /** True if it now waits and is no longer the caller's. */
    private boolean await(Transaction<R> transaction, int other) {
        if (transaction.published() != null) {
            // Others wait for this one in turn, and its writes are estimates: they must not be left behind.
            return false;
        }
        transaction.state(State.WAITING);
        rules.pause();
        if (transactions.get(other).await(transaction.index)) {
            return true;
        }
        // Nobody else has seen it: only a released waiter is taken up by others.
        return !transaction.move(State.WAITING, State.RUNNING);
    }

    private Outcome<R> execute(Transaction<R> transaction, View view) {
        transaction.incarnations++;
        try {
            R result = operation.execute(view, transaction.index);
            return view.isInterrupted() ? new Outcome.None<>() : new Outcome.Result<>(result);
        } catch (Throwable failure) {
            // Throwable: what inconsistent reads lead to, be it an endless recursion, must not be mistaken for the
            // operation's own.
            return view.isInterrupted() ? new Outcome.None<>() : new Outcome.Failed<>(failure);
        } finally {
            view.end();
        }
    }

    private void makeEstimates(Transaction<R> transaction) {
        transaction.openToWaiters();
        View view = transaction.published();
        if (view != null) {
            for (Access access : view.accesses()) {
                if (access.written) {
                    Version version = access.cell.by(transaction.index);
                    version.estimate = version.writer == transaction.index;
                }
            }
        }
    }

    private void publish(Transaction<R> transaction, Outcome<R> outcome, @Nullable View view, State after) {
        rules.pause();
        if (view != null) {
            for (Access access : view.accesses()) {
                if (access.written) {
                    write(transaction, access);
                }
            }
        }
        View before = transaction.published();
        if (before != null) {
            for (Access access : before.accesses()) {
                if (access.written && (view == null || !view.wrote(access.cell))) {
                    rules.withdraw(access.cell, transaction.index);
                }
            }
        }
        transaction.executed(rules.outcome(transaction, outcome), view);
        rules.pause();
        transaction.state(after);
        rules.pause();
        release(transaction);
    }

    private static void write(Transaction<?> transaction, Access access) {
        Version before = access.cell.by(transaction.index);
        if (before.writer == transaction.index && before.value.equals(access.value)) {
            // Whoever has read it has read the right value: it stays the same version.
            before.estimate = false;
        } else {
            access.cell.put(new Version(transaction.index, access.value));
        }
    }

    private void release(Transaction<R> transaction) {
        List<Integer> released = transaction.releaseWaiters();
        for (int index : released) {
            Transaction<R> waiter = transactions.get(index);
            Invariants.check(waiter.move(State.WAITING, State.NEW), () -> "operation " + index + " waits and runs");
            ready.add(waiter);
        }
        if (released.size() > 1) {
            invite(released.size() - 1);
        }
    }

    /** Commits in order what can be. Whoever finds another at it may leave: that one looks again after it has let go. */
    private void commit() {
        while (mayCommit() && committing.compareAndSet(false, true)) {
            try {
                commitAll();
            } finally {
                committing.set(false);
            }
        }
    }

    private boolean mayCommit() {
        // Read once: another worker may commit the last operation at any moment.
        int index = committed;
        rules.pause();
        return index < transactions.size() && transactions.get(index).state() == State.EXECUTED;
    }

    private void commitAll() {
        int index = committed;
        while (index < transactions.size() && transactions.get(index).move(State.EXECUTED, State.RUNNING)) {
            Transaction<R> transaction = transactions.get(index);
            View view = transaction.published();
            if (view != null && rules.isValidInOrder(view) && !isError(transaction.outcome())) {
                transaction.state(State.COMMITTED);
            } else {
                aborts.increment();
                repeat(transaction);
            }
            committed = ++index;
            rules.pause();
        }
        if (index == transactions.size()) {
            done.countDown();
        }
    }

    /**
     * What stops the replica is believed at an operation's turn only, whatever it has read: several operations at once may have exhausted the memory, and one that
     * would have done with it alone may have been the one to be told.
     */
    private static boolean isError(Outcome<?> outcome) {
        return outcome instanceof Outcome.Failed<?> failed && failed.cause() instanceof Error;
    }

    /** With all before it committed nothing that it reads can change. */
    private void repeat(Transaction<R> transaction) {
        makeEstimates(transaction);
        View view = new View(memory, rules, transaction.index, Integer.MAX_VALUE);
        Outcome<R> outcome = execute(transaction, view);
        publish(transaction, outcome, view, State.COMMITTED);
    }

    private List<R> settle() {
        List<R> results = new ArrayList<>(transactions.size());
        for (Transaction<R> transaction : transactions) {
            View view = transaction.published();
            if (view != null) {
                for (Access access : view.accesses()) {
                    // In the order of the last writers: a state of the author's own may depend on it.
                    if (access.written && access.cell.last().writer == transaction.index) {
                        memory.settle(access.cell);
                    }
                }
            }
            results.add(result(transaction));
        }
        return results;
    }

    private static <R> R result(Transaction<R> transaction) {
        return switch (transaction.outcome()) {
            case Outcome.Result<R> result -> result.result();
            case Outcome.Failed<R> failed -> throw rethrow(failed.cause());
            case Outcome.None<R> ignored ->
                throw new IllegalStateException("operation " + transaction.index + " was committed without a result");
        };
    }

    private static RuntimeException rethrow(Throwable cause) {
        if (cause instanceof Error error) {
            throw error;
        }
        return cause instanceof RuntimeException exception ? exception : new IllegalStateException(cause);
    }

    /** The operations that a worker has set aside for itself. */
    private final class Chunk {
        private int from;
        private int to;

        @Nullable
        Transaction<R> next() {
            if (from == to && next.get() < transactions.size()) {
                from = Math.min(next.getAndAdd(chunk), transactions.size());
                to = Math.min(from + chunk, transactions.size());
            }
            return from == to ? null : transactions.get(from++);
        }
    }
}
