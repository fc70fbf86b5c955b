package dev.atlas.replica.storage;

import dev.atlas.replica.storage.journal.Journal;
import dev.atlas.replica.storage.journal.SegmentFiles;
import java.io.IOException;
import java.util.Optional;

/**
 * A store over which somebody left a journal, to be used without one from now on. Its first write moves the journal's content to the store below; before that
 * nothing is changed.
 */
final class LeftJournal implements Store {

    private static final long PIECE_BYTES = 1L << 20;

    private final Store base;
    private final SegmentFiles files;
    private Optional<Overlay> left;

    private LeftJournal(Store base, SegmentFiles files, Overlay left) {
        this.base = base;
        this.files = files;
        this.left = Optional.of(left);
    }

    /** The store itself, if nobody left a journal. It is closed with what is returned, but not if that cannot be opened. */
    static Store open(Store base, SegmentFiles files) throws IOException {
        Replayed replayed = Replayed.read(base, files);
        return replayed.root().isPresent() ? new LeftJournal(base, files, replayed.overlay()) : base;
    }

    private Layers layers() {
        return new Layers(base, left.stream().toList());
    }

    @Override
    public Optional<byte[]> get(byte[] key) throws IOException {
        return layers().get(key);
    }

    @Override
    public void scan(byte[] from, byte[] to, Visitor visitor) throws IOException {
        layers().scan(from, to, visitor);
    }

    @Override
    public void write(Changes changes, boolean synced) throws IOException {
        if (left.isPresent()) {
            new Flush(base, left.get(), JournaledStore.FORGET, PIECE_BYTES, 0).run();
            left = Optional.empty();
            Journal.remove(files);
        }
        base.write(changes, synced);
    }

    @Override
    public void sync() throws IOException {
        base.sync();
    }

    @Override
    public void close() throws IOException {
        base.close();
    }
}
