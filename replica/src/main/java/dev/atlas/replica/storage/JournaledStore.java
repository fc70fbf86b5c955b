package dev.atlas.replica.storage;

import dev.atlas.net.env.RandomSource;
import dev.atlas.replica.storage.journal.Journal;
import dev.atlas.replica.storage.journal.Root;
import dev.atlas.replica.storage.journal.SegmentFiles;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A store in which every write is durable on return, and costs an append to a journal. What was written stays in memory until its epoch of the journal ends; then
 * what is left of it, most having been deleted again, goes to the store below in the background. That one is written to by nobody else, and must allow for
 * two threads, one of which flushes.
 *
 * <p>The files change with the first write only: what was found in a journal is moved to the store below then, and a new epoch begins. So nothing depends on parts
 * of the journal that are in the system's memory but were never synced. Closing leaves no journal.
 *
 * <p>In memory are at most the content of two epochs. If the second is full before the first is flushed, the writer waits.
 */
final class JournaledStore implements Store {

    /** There is no journal any more, and everything is in the store below. */
    static final Changes.Change FORGET = new Changes.Change(Key.JOURNAL.only(), Optional.empty());

    private static final Overlay NOTHING = new Overlay();
    private static final int PIECES = 64;

    private final Store base;
    private final SegmentFiles files;
    private final RandomSource random;
    private final Background background;
    private final long segmentBytes;
    private final Optional<Root> found;

    /** What this epoch has changed; before the first write, what the journal held. */
    private Overlay active;

    /** What the epoch before has changed; nothing if that is all in the store below. */
    private Overlay flushing = NOTHING;

    private @Nullable Journal journal;
    private boolean isBroken;

    private JournaledStore(
            Store base,
            SegmentFiles files,
            RandomSource random,
            Background background,
            long segmentBytes,
            Replayed replayed) {
        this.base = base;
        this.files = files;
        this.random = random;
        this.background = background;
        this.segmentBytes = segmentBytes;
        this.active = replayed.overlay();
        this.found = replayed.root();
    }

    /**
     * @param base and the background are closed with this, but not if this cannot be opened
     * @param random where the mark of a new journal's records comes from
     * @param segmentBytes after which an epoch ends, about
     */
    static JournaledStore open(
            Store base, SegmentFiles files, RandomSource random, Background background, long segmentBytes)
            throws IOException {
        return new JournaledStore(base, files, random, background, segmentBytes, Replayed.read(base, files));
    }

    @Override
    public Optional<byte[]> get(byte[] key) throws IOException {
        return layers().get(key);
    }

    @Override
    public void scan(byte[] from, byte[] to, Visitor visitor) throws IOException {
        layers().scan(from, to, visitor);
    }

    private Layers layers() {
        return new Layers(base, List.of(active, flushing));
    }

    @Override
    public void write(Changes changes, boolean synced) throws IOException {
        if (isBroken) {
            throw new IOException("a write before has failed");
        }
        isBroken = true; // until it has gone well
        Journal current = ready();
        if (goesBelow(changes)) {
            base.write(changes, true);
        } else if (!changes.isEmpty()) {
            Payload.write(changes, current.room(Payload.size(changes)));
            current.append();
            active.add(changes);
        }
        isBroken = false;
    }

    /**
     * Parts of states are large, no message waits for them, and they stay: they would only fill the journal, and the memory, faster than LevelDB takes them, and then
     * votes would wait. What the journal says of a key is newer than what is below, so that has to have arrived first.
     */
    private boolean goesBelow(Changes changes) {
        for (Changes.Change change : changes.all()) {
            byte[] key = change.key();
            boolean isPart = change.value().isPresent()
                    && Key.kind(key).filter(Key.STATE_PART::equals).isPresent();
            if (!isPart || active.find(key).isPresent() || flushing.find(key).isPresent()) {
                return false;
            }
        }
        return !changes.isEmpty();
    }

    private Journal ready() throws IOException {
        Journal current = journal;
        if (current == null) {
            current = begin();
            journal = current;
        } else if (current.isFull()) {
            background.await();
            flushing = active;
            active = new Overlay();
            long bytes = current.bytes();
            background.start(new Flush(base, flushing, remember(current.turn()), pieceBytes(), bytes));
        } else if (background.isIdle()) {
            flushing = NOTHING;
            current.prepare().ifPresent(preparation -> background.start(preparation::step));
        }
        return current;
    }

    /** Each step leaves what was found readable: the journal that was there is behind the new root only when its content is in the store below. */
    private Journal begin() throws IOException {
        Root root = found.orElseGet(() -> Root.of(random.nextLong()));
        Journal begun = Journal.begin(files, root, segmentBytes);
        try {
            new Flush(base, active, remember(root), pieceBytes(), 0).run();
        } catch (IOException | RuntimeException failure) {
            begun.close();
            throw failure;
        }
        active = new Overlay();
        return begun;
    }

    /** So that a flush neither holds up LevelDB for long, nor syncs more often than it has to. */
    private long pieceBytes() {
        return segmentBytes / PIECES;
    }

    private static Changes.Change remember(Root root) {
        return new Changes.Change(Key.JOURNAL.only(), Optional.of(Formats.journal(root)));
    }

    @Override
    public void sync() throws IOException {
        background.isIdle(); // every write was synced, and what is left to hear of is a flush that failed
    }

    @Override
    public void close() throws IOException {
        try (Store closed = base;
                Background ended = background) {
            if (flush(ended, closed)) {
                Journal.remove(files);
            }
        }
    }

    /** Whether all of it is in the store below now. */
    private boolean flush(Background under, Store target) throws IOException {
        try (Journal left = journal) {
            if (left == null || isBroken) {
                return false;
            }
            under.await();
            new Flush(target, active, FORGET, pieceBytes(), left.bytes()).run();
            return true;
        }
    }
}
