package dev.atlas.replica.storage.journal;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The end to which records are appended. In steady state no file gets longer, so a sync has to write nothing but the record.
 *
 * <p>Behind the last record of a file there is always a durable block more, and a record is written only where the file is long enough already. So a file that was cut
 * before its last record's end shows it: the record at the cut does not fit, or there is no block behind the last one that does.
 *
 * <p>After an exception nothing but {@link #close} may be called: whether the record is there is not known.
 */
public final class Journal implements Closeable {

    static final int SLOTS = 2;

    /** What a file has at least behind its last record. */
    static final int REST_BYTES = Frame.ALIGNMENT;

    /** A limit of the format's integers, far above what is ever written together. */
    public static final int MOST_BYTES = 1 << 30;

    private static final int LEAST_EXTENSION_BYTES = 1 << 20;

    /** Larger buffers than this are not kept for the next record. */
    private static final int KEPT_BYTES = 16 << 20;

    private static final byte[] PADDING = new byte[Frame.ALIGNMENT];

    private final List<SegmentFile> files = new ArrayList<>();
    private final long secret;
    private final long segmentBytes;

    /** Length of a file that need not get longer: records are not much larger than what is written together. */
    private final long wholeBytes;

    private final long[] lengths = new long[SLOTS];
    private long epoch;
    private int index;
    private int checksum;
    private long position;
    private ByteBuffer kept = ByteBuffer.allocateDirect(Frame.ALIGNMENT);
    private ByteBuffer record = kept;

    private Journal(Root root, long segmentBytes) {
        this.secret = root.secret();
        this.epoch = root.flushed() + 1;
        this.checksum = root.checksum();
        this.segmentBytes = segmentBytes;
        this.wholeBytes = Frame.size(segmentBytes + Math.min(segmentBytes / 4, KEPT_BYTES));
    }

    /**
     * Opens the files for the epoch that follows those flushed, and creates them if need be. The root must be durable before the first record is appended.
     *
     * @param segmentBytes of an epoch, about
     */
    public static Journal begin(SegmentFiles files, Root root, long segmentBytes) throws IOException {
        Journal journal = new Journal(root, segmentBytes);
        try {
            for (int slot = 0; slot < SLOTS; slot++) {
                SegmentFile file = files.open(slot);
                journal.files.add(file);
                Preparation.run(file, REST_BYTES); // and syncs the length, which a process that was killed may have not
                journal.lengths[slot] = file.length();
            }
            files.forceNames();
        } catch (IOException | RuntimeException failure) {
            journal.close();
            throw failure;
        }
        return journal;
    }

    /** Deletes the files. The root must be gone: with one, they are missed. */
    public static void remove(SegmentFiles files) throws IOException {
        for (int slot = 0; slot < SLOTS; slot++) {
            files.delete(slot);
        }
    }

    /** Room for a payload, which {@link #append} takes; at most {@value #MOST_BYTES} bytes. */
    public ByteBuffer room(long bytes) throws IOException {
        if (bytes > MOST_BYTES) {
            throw new IOException("a write of " + bytes + " bytes is too large for the journal");
        }
        int size = (int) Frame.size(bytes);
        record = kept;
        if (size > kept.capacity()) {
            record = ByteBuffer.allocateDirect(Math.max(size, Math.min(2 * kept.capacity(), KEPT_BYTES)));
            kept = size <= KEPT_BYTES ? record : kept;
        }
        return record.limit(Frame.BYTES + (int) bytes).position(Frame.BYTES).slice();
    }

    /** Appends what was put into {@link #room}; it is durable on return. */
    public void append() throws IOException {
        checksum = Frame.close(record, secret, epoch, index, checksum);
        int end = record.limit();
        int size = (int) Frame.size(end - Frame.BYTES);
        record.limit(size).position(end).put(PADDING, 0, size - end).flip();
        int slot = slot(epoch);
        extend(slot, position + size + REST_BYTES);
        files.get(slot).write(record, position);
        files.get(slot).force(false);
        position += size;
        index++;
        record = kept;
    }

    private void extend(int slot, long needed) throws IOException {
        if (needed > lengths[slot]) {
            lengths[slot] = Math.max(needed, lengths[slot] + Math.min(wholeBytes, LEAST_EXTENSION_BYTES));
            Preparation.run(files.get(slot), lengths[slot]);
        }
    }

    /**
     * What another thread may do before the epoch ends, so that the file of the next need not get longer while records wait for it. Nothing as long as there are few
     * records, so that somebody who writes little does not pay for it. Not to be asked while it is done, nor before the epoch before this one is flushed.
     */
    public Optional<Preparation> prepare() throws IOException {
        int slot = slot(epoch + 1);
        if (lengths[slot] < wholeBytes && position >= segmentBytes / 16) {
            lengths[slot] = files.get(slot).length();
            if (lengths[slot] < wholeBytes) {
                return Optional.of(new Preparation(files.get(slot), wholeBytes));
            }
        }
        return Optional.empty();
    }

    /** Whether the epoch is as long as it should get: less than usual if its file is short, and that of the next is not. */
    public boolean isFull() {
        boolean isShort = position > 0 && lengths[slot(epoch)] < wholeBytes && lengths[slot(epoch + 1)] >= wholeBytes;
        return position >= segmentBytes || isShort;
    }

    /** Bytes of the epoch so far. */
    public long bytes() {
        return position;
    }

    /**
     * Ends the epoch, which must have a record. The one before it must be flushed, and no preparation under way: the other file is written
     * from now on.
     *
     * @return what is to be remembered when the content of the ended epoch is elsewhere
     */
    public Root turn() throws IOException {
        Root ended = new Root(secret, epoch, checksum);
        epoch++;
        index = 0;
        position = 0;
        lengths[slot(epoch)] = files.get(slot(epoch)).length();
        return ended;
    }

    static int slot(long epoch) {
        return (int) (epoch % SLOTS);
    }

    @Override
    public void close() throws IOException {
        IOException failure = null;
        for (SegmentFile file : files) {
            try {
                file.close();
            } catch (IOException failed) {
                failure = failed;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
