package dev.atlas.replica.storage;

import dev.atlas.net.env.Environment;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A directory in which writes go to a journal first, and to LevelDB in the background: what {@code STRICT} durability runs on, all of whose writes are synced.
 *
 * <p>LevelDB's lock covers the journal, whose files lie beside its own.
 */
public final class JournaledDisk implements Disk {

    /** What one epoch writes at most; twice that is on disk, and at most twice that in memory. */
    private static final long MOST_SEGMENT_BYTES = 64L << 20;

    /** An epoch may take up this part of the heap. */
    private static final int HEAP_SHARE = 32;

    private final LevelDbDisk directory;
    private final Environment environment;
    private final long segmentBytes;

    public JournaledDisk(Path directory, Environment environment) {
        this(
                new LevelDbDisk(directory),
                environment,
                Math.min(MOST_SEGMENT_BYTES, Runtime.getRuntime().maxMemory() / HEAP_SHARE));
    }

    /** With shorter epochs, for those who want to see many. */
    JournaledDisk(LevelDbDisk directory, Environment environment, long segmentBytes) {
        this.directory = directory;
        this.environment = environment;
        this.segmentBytes = segmentBytes;
    }

    @Override
    public Store open() throws IOException {
        FlushThread thread = new FlushThread(environment.dedicatedThread("journal"));
        try {
            Store database = directory.openDatabase();
            return directory.openOver(
                    database,
                    () -> JournaledStore.open(
                            database, directory.journal(), environment.random(), thread, segmentBytes));
        } catch (IOException | RuntimeException | Error unusable) {
            thread.close();
            throw unusable;
        }
    }
}
