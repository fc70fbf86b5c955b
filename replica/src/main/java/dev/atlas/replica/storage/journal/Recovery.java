package dev.atlas.replica.storage.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads a journal after a failure; changes nothing.
 *
 * <p>A record is durable before the next is written, and each names the one before it. So the first that is not as it was written ends the journal: it was being
 * written, and nobody was told of it. If there is any trace of one after that, it was durable, and something has damaged it. (A damaged last record cannot be told
 * from one that was being written.) A file has room for a record, and for a block behind it, before the record is written: where there is less, the file was cut.
 */
public final class Recovery {

    private static final int BLOCK_BYTES = 1 << 20;

    private final SegmentFiles files;
    private final Root root;
    private final List<SegmentFile> segments = new ArrayList<>();
    private final long[] lengths = new long[Journal.SLOTS];

    /** How far the records of each file go that are as they were written. */
    private final long[] intact = new long[Journal.SLOTS];

    private long epoch;
    private int next;
    private int checksum;

    private Recovery(SegmentFiles files, Root root) {
        this.files = files;
        this.root = root;
        this.epoch = root.flushed() + 1;
        this.checksum = root.checksum();
    }

    /**
     * What was found.
     *
     * @param end what a journal that goes on must begin with, once all that was read is elsewhere
     * @param dropped length of a payload that was being written; empty if there is no trace of one
     */
    public record Result(Root end, Optional<Integer> dropped) {}

    /** Takes payloads in the order in which they were appended. */
    @FunctionalInterface
    public interface Reader {
        void read(ByteBuffer payload) throws IOException;
    }

    /**
     * @throws JournalException if this is not what was written
     */
    public static Result run(SegmentFiles files, Root root, Reader reader) throws IOException {
        Recovery recovery = new Recovery(files, root);
        try {
            recovery.open();
            recovery.follow(reader);
            return recovery.search();
        } finally {
            for (SegmentFile segment : recovery.segments) {
                segment.close();
            }
        }
    }

    private void open() throws IOException {
        for (int slot = 0; slot < Journal.SLOTS; slot++) {
            if (!files.isThere(slot)) {
                throw JournalException.damaged("file " + slot + " of its journal is missing");
            }
            segments.add(files.open(slot));
            lengths[slot] = segments.get(slot).length();
        }
    }

    private void follow(Reader reader) throws IOException {
        while (accept(epoch, next, reader) || (next > 0 && accept(epoch + 1, 0, reader))) {
            next++;
        }
    }

    /** Reads the record that must come next if it is there: with that index in that epoch. */
    private boolean accept(long inEpoch, int index, Reader reader) throws IOException {
        int slot = Journal.slot(inEpoch);
        long position = index == 0 ? 0 : intact[slot];
        ByteBuffer header = ByteBuffer.allocate(Frame.BYTES);
        segments.get(slot).read(header, position);
        Frame frame = Frame.read(header.flip(), 0, root.secret())
                .filter(found -> found.version() == Frame.VERSION && isSuccessor(found, inEpoch, index))
                .orElse(null);
        if (frame == null) {
            return false;
        }
        // Before anything of that size is allocated.
        if (frame.length() < 0 || position + Frame.size(frame.length()) > lengths[slot]) {
            throw cut(slot);
        }
        ByteBuffer payload = ByteBuffer.allocate(frame.length());
        segments.get(slot).read(payload, position + Frame.BYTES);
        if (!frame.holds(payload.flip())) {
            return false;
        }
        reader.read(payload);
        epoch = inEpoch;
        next = index;
        checksum = frame.checksum();
        intact[slot] = position + Frame.size(frame.length());
        return true;
    }

    private boolean isSuccessor(Frame frame, long inEpoch, int index) {
        return frame.epoch() == inEpoch && frame.index() == index && frame.previous() == checksum;
    }

    /** Looks at every place behind the intact records where one may begin. */
    private Result search() throws IOException {
        List<Frame> traces = new ArrayList<>();
        ByteBuffer block = ByteBuffer.allocate(BLOCK_BYTES);
        for (int slot = 0; slot < Journal.SLOTS; slot++) {
            if (lengths[slot] < intact[slot] + Journal.REST_BYTES) {
                throw cut(slot);
            }
            for (long start = intact[slot]; start < lengths[slot]; start += BLOCK_BYTES) {
                segments.get(slot).read(block.clear(), start);
                block.flip();
                for (int at = 0; at < block.limit(); at += Frame.ALIGNMENT) {
                    Optional<Frame> frame = Frame.read(block, at, root.secret());
                    if (frame.isPresent() && frame.get().epoch() > root.flushed()) {
                        judge(frame.get(), traces, start + at);
                    }
                }
            }
        }
        // A trace that was dropped is never to be met again: the next epoch is behind it.
        long last = traces.isEmpty() ? epoch : Math.max(epoch, traces.getFirst().epoch());
        return new Result(
                new Root(root.secret(), last, checksum),
                traces.stream().findFirst().map(Frame::length));
    }

    private JournalException cut(int slot) {
        return JournalException.damaged(
                "file " + slot + " of its journal has " + lengths[slot] + " bytes, and had more: something has cut it");
    }

    private void judge(Frame frame, List<Frame> traces, long position) throws JournalException {
        if (frame.version() > Frame.VERSION) {
            throw new JournalException(
                    JournalException.Reason.NEWER,
                    "its journal has a record of format " + frame.version() + ", and this version reads up to "
                            + Frame.VERSION);
        }
        boolean wasUnderWay = isSuccessor(frame, epoch, next) || (next > 0 && isSuccessor(frame, epoch + 1, 0));
        if (!wasUnderWay || !traces.isEmpty()) {
            throw JournalException.damaged("record " + next + " of epoch " + epoch
                    + " of its journal is not as it was written, and record " + frame.index() + " of epoch "
                    + frame.epoch() + ", at byte " + position + ", was written after it");
        }
        traces.add(frame);
    }
}
