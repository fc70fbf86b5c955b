package dev.atlas.replica.storage;

import dev.atlas.replica.storage.journal.Recovery;
import dev.atlas.replica.storage.journal.Root;
import dev.atlas.replica.storage.journal.SegmentFiles;
import java.io.IOException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a journal holds that its store does not have yet.
 *
 * @param root of the journal that is there, with what it holds taken for flushed; empty if there is none
 */
record Replayed(Overlay overlay, Optional<Root> root) {

    private static final Logger LOG = LoggerFactory.getLogger(Replayed.class);

    /** Reads the journal, if the store has one, and changes nothing. */
    static Replayed read(Store store, SegmentFiles files) throws IOException {
        Overlay overlay = new Overlay();
        Optional<byte[]> record = store.get(Key.JOURNAL.only());
        if (record.isEmpty()) {
            return new Replayed(overlay, Optional.empty());
        }
        Recovery.Result result =
                Recovery.run(files, Formats.journal(record.get()), payload -> overlay.add(Payload.read(payload)));
        result.dropped()
                .ifPresent(bytes -> LOG.warn(
                        "dropped {} bytes of a write to the journal that was under way when the power failed, and of which nobody was told",
                        bytes));
        return new Replayed(overlay, Optional.of(result.end()));
    }
}
