package dev.atlas.net.connection;

import dev.atlas.net.frame.OutgoingFrame;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** One module's messages in an {@link OutgoingQueue}, whose lock guards everything here. */
final class OutgoingLane {

    /** What a waiting message costs beside its bytes, so that a flood of empty ones is bounded too. */
    private static final int OVERHEAD_BYTES = 64;
    /** Far above the slots that a protocol has; a bound nevertheless. */
    private static final int MAX_SLOTS = 64;

    /** Keeps the place of the first waiting message of a slot while later ones replace it. */
    private static final class Slot implements Waiting {

        private final int number;
        private OutgoingFrame frame;

        Slot(int number, OutgoingFrame frame) {
            this.number = number;
            this.frame = frame;
        }
    }

    private record Plain(OutgoingFrame frame) implements Waiting {}

    private sealed interface Waiting {}

    private final Deque<Waiting> waiting = new ArrayDeque<>();
    private final Map<Integer, Slot> newest = new HashMap<>();
    private final int maxBytes;
    private final int biteBytes;
    private final SharedMemory.Holding holding;
    private long bytes;
    /** What the writer has taken and not yet come back from. */
    private long leavingBytes;

    OutgoingLane(int maxBytes, int biteBytes, SharedMemory memory) {
        this.maxBytes = maxBytes;
        this.biteBytes = biteBytes;
        this.holding = new SharedMemory.Holding(memory);
    }

    private static int cost(OutgoingFrame frame) {
        return frame.payload().remaining() + OVERHEAD_BYTES;
    }

    /** False if there is no room. */
    boolean add(OutgoingFrame frame) {
        int cost = cost(frame);
        if ((bytes > 0 && bytes + cost > maxBytes) || !holding.resize(leavingBytes + bytes + cost)) {
            return false;
        }
        waiting.add(new Plain(frame));
        bytes += cost;
        return true;
    }

    boolean addNewest(int slot, OutgoingFrame frame) {
        Slot held = newest.get(slot);
        if (held != null) {
            held.frame = frame;
            return true;
        }
        if (newest.size() >= MAX_SLOTS) {
            return false;
        }
        Slot added = new Slot(slot, frame);
        newest.put(slot, added);
        waiting.add(added);
        return true;
    }

    /** What was taken the last time has left by now. */
    void drainTo(List<OutgoingFrame> target) {
        int bite = 0;
        while (bite < biteBytes && !waiting.isEmpty()) {
            OutgoingFrame frame = taken(waiting.remove());
            target.add(frame);
            bite += cost(frame);
        }
        leavingBytes = bite;
        holding.resize(leavingBytes + bytes);
    }

    private OutgoingFrame taken(Waiting next) {
        return switch (next) {
            case Plain plain -> {
                bytes -= cost(plain.frame());
                yield plain.frame();
            }
            case Slot slot -> {
                newest.remove(slot.number);
                yield slot.frame;
            }
        };
    }

    long bytes() {
        return bytes;
    }

    long leavingBytes() {
        return leavingBytes;
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }

    void clear() {
        waiting.clear();
        newest.clear();
        bytes = 0;
        leavingBytes = 0;
        holding.release();
    }
}
