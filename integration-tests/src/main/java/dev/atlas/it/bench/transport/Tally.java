package dev.atlas.it.bench.transport;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.SingleWriterRecorder;

/** What one node has received: how many messages, and the age of those that carry the time of their sending in front. */
final class Tally {

    /** Keeps the counts of two peers out of one cache line. */
    private static final int STRIDE = 16;

    private static final long MAX_NANOS = 60_000_000_000L;

    private final AtomicLongArray received;
    private final List<SingleWriterRecorder> ages;

    Tally(int nodes) {
        this.received = new AtomicLongArray(nodes * STRIDE);
        this.ages = IntStream.range(0, nodes)
                .mapToObj(unused -> new SingleWriterRecorder(MAX_NANOS, 3))
                .toList();
    }

    /** Counts a message of {@code peer}; called by the one thread that reads from it. */
    void message(int peer, long stamp, long now) {
        if (stamp != 0) {
            ages.get(peer).recordValue(Math.clamp(now - stamp, 0, MAX_NANOS));
        }
    }

    void messages(int peer, List<ByteBuffer> messages) {
        long now = System.nanoTime();
        for (ByteBuffer message : messages) {
            message(peer, message.getLong(message.position()), now);
        }
        count(peer, messages.size());
    }

    void count(int peer, int messages) {
        int index = peer * STRIDE;
        received.setRelease(index, received.getPlain(index) + messages);
    }

    long received() {
        long sum = 0;
        for (int index = 0; index < received.length(); index += STRIDE) {
            sum += received.getAcquire(index);
        }
        return sum;
    }

    long receivedFrom(int peer) {
        return received.getAcquire(peer * STRIDE);
    }

    /** Ages since this was last asked. */
    Histogram takeAges() {
        Histogram sum = new Histogram(MAX_NANOS, 3);
        ages.forEach(each -> sum.add(each.getIntervalHistogram()));
        return sum;
    }
}
