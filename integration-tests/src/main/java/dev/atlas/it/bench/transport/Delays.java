package dev.atlas.it.bench.transport;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Base64;
import org.HdrHistogram.Histogram;

/**
 * What a paced measurement saw, in nanoseconds.
 *
 * @param ages of messages, from the waking of their sender to their receiver
 * @param late how much later than it was due a sender woke, a platform thread that does nothing else: the machine's own part
 * @param wakeUps from the release of a waiting virtual thread to its running, beside the same load: what one hand-over costs at least
 * @param pauses of the process for its garbage collector
 */
record Delays(Histogram ages, Histogram late, Histogram wakeUps, Histogram pauses) {

    static final long MAX_NANOS = 60_000_000_000L;

    static Delays none() {
        return new Delays(new Histogram(3), new Histogram(3), new Histogram(3), new Histogram(3));
    }

    Delays withoutPauses() {
        return new Delays(ages, late, wakeUps, new Histogram(3));
    }

    void add(Delays other) {
        ages.add(other.ages);
        late.add(other.late);
        wakeUps.add(other.wakeUps);
        pauses.add(other.pauses);
    }

    String encoded() {
        return encoded(ages) + " " + encoded(late) + " " + encoded(wakeUps) + " " + encoded(pauses);
    }

    static Delays decoded(String line) {
        String[] parts = line.split(" ", -1);
        return new Delays(
                decodedHistogram(parts[0]),
                decodedHistogram(parts[1]),
                decodedHistogram(parts[2]),
                decodedHistogram(parts[3]));
    }

    private static String encoded(Histogram histogram) {
        ByteBuffer encoded = ByteBuffer.allocate(histogram.getNeededByteBufferCapacity());
        histogram.encodeIntoByteBuffer(encoded);
        return Base64.getEncoder().encodeToString(Arrays.copyOf(encoded.array(), encoded.position()));
    }

    private static Histogram decodedHistogram(String text) {
        return Histogram.decodeFromByteBuffer(
                ByteBuffer.wrap(Base64.getDecoder().decode(text)), 0);
    }
}
