package dev.atlas.replica.storage;

import dev.atlas.replica.metrics.JournalFlushEvent;
import java.io.IOException;
import java.util.Iterator;

/**
 * The way of an overlay's content into the store, in pieces, and at the end of what says that it has arrived: until then the journal has it too, and a replica that
 * starts again reads it from there. All pieces are synced, since LevelDB does not sync a log that it has left for a new one. Used by one thread at a time.
 */
final class Flush implements Task {

    private final Store store;
    private final long pieceBytes;
    private final Iterator<Changes.Change> content;
    private final Changes.Change last;
    private final JournalFlushEvent event = new JournalFlushEvent();

    /**
     * @param overlay which does not change any more
     * @param last what the last piece changes after all of it
     * @param pieceBytes of a piece, about
     * @param journalled bytes of the journal that it takes the place of
     */
    Flush(Store store, Overlay overlay, Changes.Change last, long pieceBytes, long journalled) {
        this.store = store;
        this.content = overlay.all().iterator();
        this.last = last;
        this.pieceBytes = pieceBytes;
        event.journalBytes = journalled;
        event.begin();
    }

    /** Writes a piece. */
    @Override
    public boolean step() throws IOException {
        Changes piece = new Changes();
        while (content.hasNext() && piece.bytes() < pieceBytes) {
            piece.add(content.next());
        }
        event.netBytes += piece.bytes();
        boolean isLast = !content.hasNext();
        if (isLast) {
            piece.add(last);
        }
        store.write(piece, true);
        if (isLast) {
            event.commit();
        }
        return isLast;
    }

    void run() throws IOException {
        boolean isDone = false;
        while (!isDone) {
            isDone = step();
        }
    }
}
