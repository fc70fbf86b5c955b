package dev.atlas.it.sim.network;

import dev.atlas.it.sim.scheduler.Randomness;
import dev.atlas.it.sim.scheduler.SimCondition;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;

/** One direction of a connection: bytes under way on a link, bytes arrived, and a bound on both. */
final class SimPipe {

    private static final int END_OF_STREAM = -1;
    /** About an Ethernet frame's payload, and a large offloaded segment. */
    private static final int SMALL_SEGMENT = 1448;

    private static final int LARGE_SEGMENT = 65_536;

    private final Link link;
    private final Randomness random;
    private final int capacity;
    private final ArrayDeque<byte[]> arrived = new ArrayDeque<>();
    /** Bytes of the first segment that have been read. */
    private int taken;

    private final SimCondition readable = new SimCondition();
    private final SimCondition writable = new SimCondition();
    private int bytesHere;
    private int bytesUnderWay;
    private long lastArrivalNanos;
    private boolean endArrived;
    private boolean endSent;
    private boolean readerGone;
    private boolean broken;

    SimPipe(Link link, Randomness random, int capacity) {
        this.link = link;
        this.random = random;
        this.capacity = capacity;
    }

    int read(ByteBuffer target) throws IOException {
        while (bytesHere == 0 && !endArrived && !readerGone && !broken) {
            await(readable);
        }
        if (broken || readerGone) {
            throw new SocketException(readerGone ? "closed" : "connection reset");
        }
        byte[] first = arrived.peek();
        if (first == null) {
            return END_OF_STREAM;
        }
        int count = Math.min(target.remaining(), first.length - taken);
        if (count > 1 && random.below(16) == 0) {
            count = 1 + random.below(count);
        }
        target.put(first, taken, count);
        taken += count;
        if (taken == first.length) {
            arrived.remove();
            taken = 0;
        }
        bytesHere -= count;
        writable.signalAll();
        return count;
    }

    void write(ByteBuffer source) throws IOException {
        while (source.hasRemaining()) {
            while (bytesHere + bytesUnderWay >= capacity && !endSent && !broken) {
                await(writable);
            }
            if (broken || endSent) {
                throw new SocketException(endSent ? "closed" : "connection reset");
            }
            int most = random.below(8) == 0 ? SMALL_SEGMENT : LARGE_SEGMENT;
            byte[] segment =
                    new byte[Math.min(Math.min(source.remaining(), most), capacity - bytesHere - bytesUnderWay)];
            source.get(segment);
            bytesUnderWay += segment.length;
            lastArrivalNanos = link.arrival(segment.length, lastArrivalNanos);
            link.deliver(lastArrivalNanos, () -> arrive(segment));
        }
    }

    private void arrive(byte[] segment) {
        bytesUnderWay -= segment.length;
        if (!broken && !readerGone) {
            arrived.add(segment);
            bytesHere += segment.length;
            readable.signalAll();
        }
    }

    /** The writing end says goodbye, behind all that it has written. */
    void finish() {
        if (!endSent) {
            endSent = true;
            writable.signalAll();
            lastArrivalNanos = link.arrival(0, lastArrivalNanos);
            link.deliver(lastArrivalNanos, () -> {
                endArrived = true;
                readable.signalAll();
            });
        }
    }

    /** The reading end is closed here. */
    void abandon() {
        readerGone = true;
        readable.signalAll();
    }

    boolean isOver() {
        return broken || readerGone || endSent;
    }

    /** Neither end can use it any more. */
    void breakNow() {
        broken = true;
        readable.signalAll();
        writable.signalAll();
    }

    /** An interrupt ends the connection, as it does for a socket of a virtual thread. */
    private void await(SimCondition condition) throws InterruptedIOException {
        try {
            condition.await();
        } catch (InterruptedException interrupted) {
            breakNow();
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }
}
