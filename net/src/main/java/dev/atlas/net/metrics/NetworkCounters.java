package dev.atlas.net.metrics;

import dev.atlas.net.frame.FrameViolation;
import dev.atlas.net.handshake.RejectionReason;
import dev.atlas.net.stub.ModuleId;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** Counts of one node since it was made. Thread-safe. */
public final class NetworkCounters {

    private final Map<RejectionReason, LongAdder> rejections = adders(RejectionReason.class);
    private final Map<ModuleId, LongAdder> dropped = adders(ModuleId.class);
    private final LongAdder messagesIn = new LongAdder();
    private final LongAdder messagesOut = new LongAdder();
    private final LongAdder bytesIn = new LongAdder();
    private final LongAdder bytesOut = new LongAdder();
    private final LongAdder reconnects = new LongAdder();
    private final Map<FrameViolation, LongAdder> framingViolations = adders(FrameViolation.class);
    private final LongAdder stalls = new LongAdder();
    private final LongAdder silences = new LongAdder();
    private final LongAdder hoards = new LongAdder();
    private final LongAdder acceptFailures = new LongAdder();
    private final LongAdder receiverFailures = new LongAdder();

    private static <E extends Enum<E>> Map<E, LongAdder> adders(Class<E> type) {
        Map<E, LongAdder> adders = new EnumMap<>(type);
        for (E constant : type.getEnumConstants()) {
            adders.put(constant, new LongAdder());
        }
        return adders;
    }

    private static <E extends Enum<E>> Map<E, Long> sums(Class<E> type, Map<E, LongAdder> adders) {
        Map<E, Long> sums = new EnumMap<>(type);
        adders.forEach((key, adder) -> sums.put(key, adder.sum()));
        return Map.copyOf(sums);
    }

    private static <E extends Enum<E>> void increment(Map<E, LongAdder> adders, E key) {
        LongAdder adder = adders.get(key);
        if (adder != null) {
            adder.increment();
        }
    }

    public void rejected(RejectionReason reason) {
        increment(rejections, reason);
    }

    public void dropped(ModuleId module) {
        increment(dropped, module);
    }

    public void received(int messages, int bytes) {
        messagesIn.add(messages);
        bytesIn.add(bytes);
    }

    public void sent(int messages, long bytes) {
        messagesOut.add(messages);
        bytesOut.add(bytes);
    }

    public void reconnected() {
        reconnects.increment();
    }

    public void framingViolated(FrameViolation violation) {
        increment(framingViolations, violation);
    }

    /** A peer has not read for too long. */
    public void stalled() {
        stalls.increment();
    }

    /** A client held memory that others needed. */
    public void hoarded() {
        hoards.increment();
    }

    /** A peer has not been heard for too long. */
    public void fellSilent() {
        silences.increment();
    }

    public void acceptFailed() {
        acceptFailures.increment();
    }

    public void receiverFailed() {
        receiverFailures.increment();
    }

    public Snapshot snapshot() {
        return new Snapshot(
                sums(RejectionReason.class, rejections),
                sums(ModuleId.class, dropped),
                messagesIn.sum(),
                messagesOut.sum(),
                bytesIn.sum(),
                bytesOut.sum(),
                reconnects.sum(),
                sums(FrameViolation.class, framingViolations),
                stalls.sum(),
                hoards.sum(),
                silences.sum(),
                acceptFailures.sum(),
                receiverFailures.sum());
    }

    /**
     * The counts at one moment; every reason and module is a key.
     *
     * @param dropped messages that were not sent or had no receiver, by module
     * @param bytesIn bytes on the wire above TLS, handshakes excluded; likewise {@code bytesOut}
     * @param reconnects connection attempts after the first
     * @param stalls connections ended because the peer did not read
     * @param hoards connections of clients ended because they held memory that others needed
     * @param silences connections ended because the peer was not heard
     * @param acceptFailures failed accepts, by lack of file descriptors for example
     */
    public record Snapshot(
            Map<RejectionReason, Long> rejections,
            Map<ModuleId, Long> dropped,
            long messagesIn,
            long messagesOut,
            long bytesIn,
            long bytesOut,
            long reconnects,
            Map<FrameViolation, Long> framingViolations,
            long stalls,
            long hoards,
            long silences,
            long acceptFailures,
            long receiverFailures) {

        public long rejectionsInAll() {
            return sum(rejections);
        }

        public long framingViolationsInAll() {
            return sum(framingViolations);
        }

        private static long sum(Map<?, Long> counts) {
            return counts.values().stream().mapToLong(Long::longValue).sum();
        }
    }
}
