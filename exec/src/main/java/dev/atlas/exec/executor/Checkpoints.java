package dev.atlas.exec.executor;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.DivisibleState.Part;
import dev.atlas.core.application.DivisibleState.PartDescriptor;
import dev.atlas.core.application.DivisibleState.PlainPart;
import dev.atlas.core.execution.CheckpointSnapshot;
import dev.atlas.core.execution.StateDescriptor;
import dev.atlas.exec.metrics.CheckpointHashEvent;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.env.DedicatedThread;
import dev.atlas.net.env.Environment;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Turns frozen states into descriptors with digests, one at a time and in order, and keeps the last few checkpoints for those who fetch them. Thread-safe.
 *
 * <p>On a thread of its own: a gigabyte takes a second or more, for which nothing on the pool should have to wait.
 */
final class Checkpoints implements AutoCloseable {

    /** The window is two checkpoint periods, so the last stable checkpoint is among these. */
    static final int KEPT = 3;

    /** More frozen states than this make the executor wait: each keeps what has changed since alive. */
    private static final int MOST_PENDING = 4;

    private final DedicatedThread thread;
    private final Consumer<Throwable> failed;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition progress = lock.newCondition();

    /** Guarded by {@link #lock}, like all below. */
    private final ArrayDeque<Frozen> pending = new ArrayDeque<>();

    private final TreeMap<Long, CheckpointSnapshot> kept = new TreeMap<>();
    private boolean closed;

    Checkpoints(Environment environment, Consumer<Throwable> failed) {
        this.thread = environment.dedicatedThread("checkpoints");
        this.failed = failed;
    }

    /**
     * A state that is to be described.
     *
     * @param sessions the session table as bytes
     * @param described called on the thread of the checkpoints
     */
    record Frozen(
            long sequence,
            Digest chain,
            long timeMillis,
            Digest membership,
            FrozenState application,
            Supplier<List<ByteString>> sessions,
            boolean isKept,
            Consumer<StateDescriptor> described) {

        CheckpointSnapshot describe() {
            CheckpointHashEvent event = new CheckpointHashEvent();
            event.begin();
            List<ByteString> chunks = sessions.get();
            StateDescriptor descriptor = new StateDescriptor(
                    sequence, chain, timeMillis, membership, application.parts(), Chunks.describe(chunks));
            event.sequence = sequence;
            event.commit();
            return new Snapshot(descriptor, application, chunks);
        }
    }

    /** Queues a frozen state; the executor's thread waits while too many are queued. */
    void add(Frozen frozen) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (pending.size() >= MOST_PENDING) {
                progress.await();
            }
            pending.add(frozen);
            thread.execute(this::describeNext);
        } finally {
            lock.unlock();
        }
    }

    Optional<CheckpointSnapshot> at(long sequence) {
        lock.lock();
        try {
            return Optional.ofNullable(kept.get(sequence));
        } finally {
            lock.unlock();
        }
    }

    Optional<CheckpointSnapshot> latest() {
        lock.lock();
        try {
            return Optional.ofNullable(kept.lastEntry()).map(Map.Entry::getValue);
        } finally {
            lock.unlock();
        }
    }

    private void describeNext() {
        Frozen frozen;
        lock.lock();
        try {
            frozen = pending.element();
            if (closed) {
                pending.remove();
                return;
            }
        } finally {
            lock.unlock();
        }
        try {
            CheckpointSnapshot snapshot = frozen.describe();
            if (frozen.isKept()) {
                keep(snapshot);
            }
            frozen.described().accept(snapshot.descriptor());
        } catch (Throwable failure) {
            // Throwable: a state that cannot be written or hashed must stop the replica, not just this task.
            failed.accept(failure);
        }
        lock.lock();
        try {
            pending.remove();
            progress.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** After the executor's thread has ended. Skips what has not begun. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
        } finally {
            lock.unlock();
        }
        thread.close();
    }

    private void keep(CheckpointSnapshot snapshot) {
        lock.lock();
        try {
            kept.put(snapshot.descriptor().sequence(), snapshot);
            while (kept.size() > KEPT) {
                kept.pollFirstEntry();
            }
        } finally {
            lock.unlock();
        }
    }

    private record Snapshot(StateDescriptor descriptor, FrozenState application, List<ByteString> sessions)
            implements CheckpointSnapshot {

        @Override
        public Part part(int index) {
            PartDescriptor part = descriptor.parts().get(index);
            int ofSessions = index - descriptor.application().size();
            return ofSessions < 0 ? application.part(part) : new PlainPart(part, sessions.get(ofSessions));
        }
    }
}
