package dev.atlas.replica.storage;

import dev.atlas.replica.config.ReplicaConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Creating a replica of a new cluster: an explicit act, once, for each replica before its first start.
 *
 * <p>It leaves a marker, which the first start turns into the record of a voter in one write, before the first vote. A replica without marker and
 * without records is a learner: for all it knows it has voted, and has lost its disk.
 */
public final class Genesis {

    private static final Logger LOG = LoggerFactory.getLogger(Genesis.class);

    private Genesis() {}

    /**
     * Marks an empty directory as that of a replica of a new cluster.
     *
     * @throws StorageException if anything is there already
     */
    public static void create(Path directory, ReplicaConfig config) throws IOException {
        create(new LevelDbDisk(directory), config, directory.toString());
    }

    /** The same for another kind of disk. */
    public static void create(Disk disk, ReplicaConfig config) throws IOException {
        create(disk, config, "the disk");
    }

    private static void create(Disk disk, ReplicaConfig config, String where) throws IOException {
        try (Store store = disk.open()) {
            if (isEmpty(store)) {
                Identity marker = Identity.of(config, Identity.Status.CREATED);
                store.write(new Changes().put(Key.IDENTITY.only(), marker.encode()), true);
            } else {
                throw new StorageException(where
                        + " has a replica's data already: creating it again would let it vote with its past forgotten."
                        + " Start it as it is, or give the new cluster empty directories");
            }
        }
    }

    /** Whose records these are; those of {@code configured} if there are none. */
    static Identity find(Store store, Identity configured) throws IOException {
        Optional<byte[]> record = store.get(Key.IDENTITY.only());
        if (record.isPresent()) {
            Identity found = Identity.decode(record.get());
            found.checkSame(configured);
            return found;
        }
        if (!isEmpty(store)) {
            throw new StorageException(
                    "there are records without a replica's identity: this is no directory of Atlas, or a damaged one; nothing was changed");
        }
        LOG.info(
                "{} finds nothing on its disk and has to learn all from the others; a replica of a new cluster is created first, by Genesis.create",
                configured.replica());
        return configured;
    }

    private static boolean isEmpty(Store store) throws IOException {
        boolean[] empty = {true};
        store.scan(new byte[] {0}, new byte[] {(byte) 0xFF}, (key, value) -> {
            empty[0] = false;
            return false;
        });
        return empty[0];
    }
}
