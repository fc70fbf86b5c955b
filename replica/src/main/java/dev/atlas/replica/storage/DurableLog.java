package dev.atlas.replica.storage;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.atlas.core.application.DivisibleState.PartDescriptor;
import dev.atlas.core.execution.CheckpointSnapshot;
import dev.atlas.core.execution.DecidedBatch;
import dev.atlas.core.execution.StateDescriptor;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.ordering.LogRecord;
import dev.atlas.core.ordering.pbft.Start;
import dev.atlas.core.storage.History;
import dev.atlas.core.storage.PersistentLog;
import dev.atlas.core.wire.BundleCodec;
import dev.atlas.net.env.DedicatedThread;
import dev.atlas.net.env.Environment;
import dev.atlas.replica.config.DurabilityMode;
import dev.atlas.replica.config.ReplicaConfig;
import dev.atlas.replica.metrics.RecoveryEvent;
import dev.atlas.replica.metrics.StorageFailureEvent;
import dev.atlas.replica.metrics.StorageWriteEvent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The log of {@link DurabilityMode#STRICT} and {@link DurabilityMode#OPTIMISTIC}: whatever is queued when the disk becomes free goes into one write.
 *
 * <p>What is queued is bounded by {@value #QUEUED_BYTES} bytes: the sender of decisions waits, and beyond that no record counts before there is room, so that the
 * protocol's window bounds what else is appended. A replica whose disk takes less than its cluster orders votes as slowly as its disk writes.
 */
public final class DurableLog implements PersistentLog, History {

    private static final Logger LOG = LoggerFactory.getLogger(DurableLog.class);
    private static final int MOST_JOBS_AT_ONCE = 4096;
    private static final long QUEUED_BYTES = 64L << 20;
    private static final int BYTES_AT_ONCE = 16 << 20;

    /** So many groups of other writes let a state that is being stored have a turn: under load there is always another. */
    private static final int GROUPS_FOR_A_STEP = 16;

    private final DurabilityMode mode;
    private final BundleCodec codec;
    private final DedicatedThread thread;
    private final LastTask closing;
    private final Consumer<Throwable> failure;
    private final long retained;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition room = lock.newCondition();

    /** Guarded by {@link #lock}, like all below. */
    private final ArrayDeque<Job> queue = new ArrayDeque<>();

    /** What to run, in order, when there is room: records that are written behind. */
    private final ArrayDeque<Runnable> awaitingRoom = new ArrayDeque<>();

    private long queuedBytes;
    private boolean running;
    private boolean ended;
    private @Nullable Remembered remembered;

    /** Owned by the storage thread, like all below. */
    private final Store store;

    private final RecordWriter writer;
    private final StateKeeper states;

    /** Checkpoints that wait for an installed state to be stored. At most the window's. */
    private final List<Runnable> heldBack = new ArrayList<>();

    private final Optional<StateDescriptor> storedState;
    private Identity identity;

    /** Since a state had its turn because of them. */
    private int groupsWritten;

    private boolean broken;

    private DurableLog(
            ReplicaConfig config,
            DedicatedThread thread,
            LastTask closing,
            Consumer<Throwable> failure,
            Identity identity,
            Store store,
            Reading reading,
            StoredParts parts,
            Remembered remembered) {
        this.mode = config.durability();
        this.codec = new BundleCodec(config.clusterId());
        this.thread = thread;
        this.closing = closing;
        this.failure = failure;
        this.identity = identity;
        this.store = store;
        this.remembered = remembered;
        this.retained = retained(config);
        this.storedState = reading.state();
        this.states = new StateKeeper(store, mode == DurabilityMode.STRICT, storedState, parts, reading.certified());
        this.writer = new RecordWriter(reading.contents(), reading.stable());
    }

    private static long retained(ReplicaConfig config) {
        return config.ordering().window() + config.ordering().logRetention();
    }

    /**
     * Opens a replica's disk and reads what is there.
     *
     * @param failure hears, once and on any thread, why nothing can be written any more
     * @throws StorageException that says what to do; what is on the disk is not changed then
     */
    public static DurableLog open(Environment environment, ReplicaConfig config, Disk disk, Consumer<Throwable> failure)
            throws IOException, InterruptedException {
        DedicatedThread thread = environment.dedicatedThread("storage");
        LastTask closing = new LastTask(environment, thread, "the storage of " + config.self());
        CompletableFuture<DurableLog> opened = submit(thread, () -> {
            Store store = disk.open();
            try {
                return open(config, thread, closing, failure, store);
            } catch (IOException | RuntimeException | Error unusable) {
                store.close();
                throw unusable;
            }
        });
        try {
            return await(opened);
        } catch (InterruptedException interrupted) {
            // What is opened all the same has no owner: it would stay locked, and marked as not closed in order.
            closing.run(() -> {
                if (!opened.isCompletedExceptionally()) {
                    opened.join().closeStore();
                }
            });
            throw interrupted;
        } catch (IOException | RuntimeException unusable) {
            thread.close();
            throw unusable;
        }
    }

    private static DurableLog open(
            ReplicaConfig config, DedicatedThread thread, LastTask closing, Consumer<Throwable> failure, Store store)
            throws IOException {
        RecoveryEvent event = new RecoveryEvent();
        event.begin();
        Identity found = Genesis.find(store, Identity.of(config, Identity.Status.LEARNER));
        boolean votes = found.votes();
        Reading reading =
                new Reading(store, new BundleCodec(config.clusterId()), retained(config), config.retainedBytes() / 2);
        Remembered remembered = reading.read(votes);
        // Everything was readable: only now is anything changed.
        Changes changes = new Changes();
        StoredParts parts = reading.parts(changes::delete);
        if (!votes) {
            Reading.votes(store).forEach(changes::delete);
        }
        Identity running = found.with(status(config.durability(), votes));
        changes.put(Key.IDENTITY.only(), running.encode());
        store.write(changes, true);
        event.state = reading.state().map(StateDescriptor::sequence).orElse(0L);
        event.stable = reading.stable();
        event.head = remembered.start() instanceof Start.Recovered recovered ? recovered.head() : 0;
        event.votes = votes;
        event.commit();
        if (found.status() == Identity.Status.VOLATILE) {
            LOG.warn(
                    "{} was not closed in order and does not remember all it said: it is a learner until it has caught up",
                    config.self());
        }
        return new DurableLog(config, thread, closing, failure, running, store, reading, parts, remembered);
    }

    private static Identity.Status status(DurabilityMode mode, boolean votes) {
        if (!votes) {
            return Identity.Status.LEARNER;
        }
        return mode == DurabilityMode.STRICT ? Identity.Status.VOTER : Identity.Status.VOLATILE;
    }

    /** What was found at the start, handed over once: with all its bodies it must not stay in memory with whoever writes. */
    public Remembered takeRemembered() {
        lock.lock();
        try {
            Remembered taken = remembered;
            remembered = null;
            if (taken == null) {
                throw new IllegalStateException("handed over already");
            }
            return taken;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void append(List<LogRecord> records, List<RequestBundle> bodies, Runnable durable) {
        boolean strict = mode == DurabilityMode.STRICT;
        add(new Job.Records(records, bodies, strict ? durable : () -> {}));
        if (!strict && hasRoomFor(durable)) {
            durable.run();
        }
    }

    /** False if it has to wait, as what came before it does. */
    private boolean hasRoomFor(Runnable durable) {
        lock.lock();
        try {
            boolean hasRoom = queuedBytes <= QUEUED_BYTES && awaitingRoom.isEmpty();
            if (!hasRoom) {
                awaitingRoom.add(durable);
            }
            return hasRoom;
        } finally {
            lock.unlock();
        }
    }

    /** Each stays in the queue until it has run, so that none overtakes it. */
    private void releaseWaiting() {
        for (Optional<Runnable> next = nextWithRoom(); next.isPresent(); next = nextWithRoom()) {
            next.get().run();
            lock.lock();
            try {
                awaitingRoom.remove();
            } finally {
                lock.unlock();
            }
        }
    }

    private Optional<Runnable> nextWithRoom() {
        lock.lock();
        try {
            return queuedBytes <= QUEUED_BYTES ? Optional.ofNullable(awaitingRoom.peek()) : Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void decided(DecidedBatch batch) throws InterruptedException {
        Job job = new Job.Decided(batch);
        lock.lockInterruptibly();
        try {
            while (!ended && queuedBytes > QUEUED_BYTES) {
                room.await();
            }
        } finally {
            lock.unlock();
        }
        add(job);
    }

    @Override
    public void checkpoint(Optional<CheckpointSnapshot> state, Runnable durable) {
        add(new Job.Checkpoint(state, durable));
    }

    @Override
    public void installed(CheckpointSnapshot state) {
        add(new Job.Installed(state));
    }

    private void add(Job job) {
        lock.lock();
        try {
            if (ended) {
                return;
            }
            queue.add(job);
            queuedBytes += job.bytes();
            if (!running) {
                running = true;
                thread.execute(this::work);
            }
        } finally {
            lock.unlock();
        }
    }

    private void work() {
        try {
            boolean goesOn = turn();
            while (goesOn && !goesOnLater()) {
                goesOn = turn();
            }
        } catch (IOException | RuntimeException | Error cause) {
            fail(cause);
        }
    }

    /** Writes what waits, or else some of a state that is being stored; false if there was neither. */
    private boolean turn() throws IOException {
        List<Job> group = take();
        if (group.isEmpty()) {
            return !isEnded() && stepState();
        }
        write(group);
        releaseWaiting();
        groupsWritten++;
        if (groupsWritten == GROUPS_FOR_A_STEP && !isEnded()) {
            groupsWritten = 0;
            stepState();
        }
        return true;
    }

    /**
     * Whether the next turn comes behind what the thread was given meanwhile, such as reads: under load there is always something to write, and they would wait for
     * ever. Not at the end: what is still queued is written before the store, whose closing may be what the thread was given, is closed.
     */
    private boolean goesOnLater() {
        lock.lock();
        try {
            if (!ended) {
                thread.execute(this::work);
            }
            return !ended;
        } finally {
            lock.unlock();
        }
    }

    /** What is written together; empty, and the thread's turn over unless a state is being stored, if nothing waits. */
    private List<Job> take() {
        List<Job> group = new ArrayList<>();
        lock.lock();
        try {
            long bytes = 0;
            while (!queue.isEmpty() && group.size() < MOST_JOBS_AT_ONCE && bytes < BYTES_AT_ONCE) {
                Job job = queue.remove();
                bytes += job.bytes();
                group.add(job);
            }
            queuedBytes -= bytes;
            running = !group.isEmpty() || (states.isBusy() && !ended);
            room.signalAll();
        } finally {
            lock.unlock();
        }
        return group;
    }

    private boolean stepState() throws IOException {
        Optional<Changes> step = states.step();
        if (step.isPresent() && !step.get().isEmpty()) {
            writer.stateStored(states.sequence(), retained, step.get());
            write(step.get(), 0);
            releaseHeldBack();
        }
        return step.isPresent();
    }

    private void releaseHeldBack() {
        if (!states.isDemanded()) {
            heldBack.forEach(Runnable::run);
            heldBack.clear();
        }
    }

    private void write(List<Job> group) throws IOException {
        if (group.isEmpty()) {
            return;
        }
        Changes changes = new Changes();
        for (Job job : group) {
            switch (job) {
                case Job.Records records -> write(records, changes);
                case Job.Decided decided -> writer.decided(decided.batch(), changes);
                case Job.Checkpoint checkpoint -> checkpoint.state().ifPresent(states::offer);
                case Job.Installed installed -> states.demand(installed.state());
            }
        }
        states.logged(changes.bytes());
        write(changes, group.size());
        group.forEach(this::complete);
    }

    private void complete(Job job) {
        switch (job) {
            case Job.Records records -> records.durable().run();
            case Job.Checkpoint checkpoint -> {
                heldBack.add(checkpoint.durable());
                releaseHeldBack();
            }
            case Job.Decided ignored -> {}
            case Job.Installed ignored -> {}
        }
    }

    private void write(Job.Records job, Changes changes) {
        int used = 0;
        for (LogRecord record : job.records()) {
            switch (record) {
                case LogRecord.PrePrepared pre -> {
                    int count = pre.batch().bundles().size();
                    writer.prePrepared(pre, job.bodies().subList(used, used + count), changes);
                    used += count;
                }
                case LogRecord.Prepared prepared -> writer.prepared(prepared, changes);
                case LogRecord.ViewChanging viewChanging -> writer.viewChanging(viewChanging, changes);
                case LogRecord.ViewEntered entered -> writer.viewEntered(entered, changes);
                case LogRecord.Stable stable -> {
                    writer.stable(stable, states.sequence(), retained, changes);
                    states.stable(stable.certificate().content());
                }
                case LogRecord.Voter ignored -> {
                    identity = identity.with(status(mode, true));
                    changes.put(Key.IDENTITY.only(), identity.encode());
                }
            }
        }
    }

    /** With {@code STRICT} all of it is synced, decisions and parts of states too: LevelDB does not sync a log that it has left for a new one. */
    private void write(Changes changes, int groups) throws IOException {
        StorageWriteEvent event = new StorageWriteEvent();
        event.begin();
        boolean synced = mode == DurabilityMode.STRICT;
        store.write(changes, synced);
        event.groups = groups;
        event.bytes = changes.bytes();
        event.synced = synced;
        event.commit();
    }

    /** Final: whether a failed write or sync has happened is not known, so nothing after it can be relied on (nor is a sync ever tried again). */
    private void fail(Throwable cause) {
        broken = true;
        end();
        StorageFailureEvent event = new StorageFailureEvent();
        event.cause = String.valueOf(cause.getMessage());
        event.commit();
        failure.accept(cause);
    }

    private boolean isEnded() {
        lock.lock();
        try {
            return ended;
        } finally {
            lock.unlock();
        }
    }

    private void end() {
        lock.lock();
        try {
            ended = true;
            queue.clear();
            room.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Optional<StateDescriptor> state() {
        return storedState;
    }

    @Override
    public ByteString part(int index) {
        return read(() -> {
            PartDescriptor part = storedState.orElseThrow().parts().get(index);
            byte[] key = states.key(part)
                    .orElseThrow(() -> Seal.damaged(Key.STATE.only(), "names a part that is not there"));
            byte[] record = store.get(key).orElseThrow(() -> Seal.damaged(key, "is named and not there"));
            return UnsafeByteOperations.unsafeWrap(Seal.open(key, record));
        });
    }

    @Override
    public List<DecidedBatch> decisions(long first, int most) {
        return read(() -> Reading.decisions(store, codec, first, most));
    }

    private <T> T read(Callable<T> task) {
        try {
            return await(submit(thread, task));
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while reading", interrupted);
        }
    }

    private static <T> CompletableFuture<T> submit(DedicatedThread thread, Callable<T> task) {
        CompletableFuture<T> result = new CompletableFuture<>();
        thread.execute(() -> {
            try {
                result.complete(task.call());
            } catch (Throwable failed) {
                // Throwable: whoever waits must hear of it, whatever it is.
                result.completeExceptionally(failed);
            }
        });
        return result;
    }

    private static <T> T await(CompletableFuture<T> result) throws IOException, InterruptedException {
        try {
            return result.get();
        } catch (ExecutionException failed) {
            switch (failed.getCause()) {
                case IOException cause -> throw cause;
                case RuntimeException cause -> throw cause;
                case null -> throw new IllegalStateException(failed);
                case Throwable cause -> throw new IllegalStateException(cause);
            }
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            ended = true;
            room.signalAll();
        } finally {
            lock.unlock();
        }
        closing.run(this::closeStore);
    }

    private void closeStore() {
        try (store) {
            if (!broken && identity.status() == Identity.Status.VOLATILE) {
                store.sync();
                store.write(
                        new Changes()
                                .put(
                                        Key.IDENTITY.only(),
                                        identity.with(Identity.Status.VOTER).encode()),
                        true);
            }
        } catch (IOException | RuntimeException failed) {
            LOG.error("the storage of {} was not closed in order", identity.replica(), failed);
        }
    }

    /** What waits to be written. */
    private sealed interface Job {

        default long bytes() {
            return 0;
        }

        record Records(List<LogRecord> records, List<RequestBundle> bodies, Runnable durable) implements Job {
            @Override
            public long bytes() {
                long bytes = size(bodies);
                for (LogRecord record : records) {
                    if (record instanceof LogRecord.PrePrepared pre) {
                        bytes += pre.batch().bytes().size();
                    }
                }
                return bytes;
            }
        }

        record Decided(DecidedBatch batch) implements Job {
            @Override
            public long bytes() {
                return batch.batch().bytes().size() + size(batch.bundles());
            }
        }

        record Checkpoint(Optional<CheckpointSnapshot> state, Runnable durable) implements Job {}

        record Installed(CheckpointSnapshot state) implements Job {}

        private static long size(List<RequestBundle> bundles) {
            long size = 0;
            for (RequestBundle bundle : bundles) {
                size += bundle.size();
            }
            return size;
        }
    }
}
