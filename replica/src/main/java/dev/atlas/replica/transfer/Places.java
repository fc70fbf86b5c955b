package dev.atlas.replica.transfer;

import java.util.concurrent.locks.ReentrantLock;

/** How many answers of a peer may wait, and how many bytes; one passes whatever its size when it is alone. Thread-safe. */
final class Places {

    private final int most;
    private final long mostBytes;
    private final ReentrantLock lock = new ReentrantLock();

    /** Guarded by {@link #lock}, like the bytes. */
    private int taken;

    private long takenBytes;

    Places(int most, long mostBytes) {
        this.most = most;
        this.mostBytes = mostBytes;
    }

    /** False if there is no room. */
    boolean take(int bytes) {
        lock.lock();
        try {
            if (taken >= most || (taken > 0 && takenBytes + bytes > mostBytes)) {
                return false;
            }
            taken++;
            takenBytes += bytes;
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** For each {@link #take} that succeeded, with the same size. */
    void giveBack(int bytes) {
        lock.lock();
        try {
            taken--;
            takenBytes -= bytes;
        } finally {
            lock.unlock();
        }
    }
}
