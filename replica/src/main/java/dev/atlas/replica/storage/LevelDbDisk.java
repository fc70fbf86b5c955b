package dev.atlas.replica.storage;

import dev.atlas.replica.storage.journal.DirectorySegments;
import dev.atlas.replica.storage.journal.JournalException;
import dev.atlas.replica.storage.journal.SegmentFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.fusesource.leveldbjni.JniDBFactory;
import org.iq80.leveldb.CompressionType;
import org.iq80.leveldb.DB;
import org.iq80.leveldb.DBException;
import org.iq80.leveldb.DBIterator;
import org.iq80.leveldb.Options;
import org.iq80.leveldb.ReadOptions;
import org.iq80.leveldb.WriteBatch;
import org.iq80.leveldb.WriteOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A directory with a LevelDB database. LevelDB locks it against a second process, and against this one. A journal that somebody left there is read too, and its
 * content moved to LevelDB at the first write.
 *
 * <p>Opened with paranoid checks: what does not match its checksum is an error, but for {@link TornEnd a torn end of the log}, which nobody was told of.
 */
public final class LevelDbDisk implements Disk {

    private static final Logger LOG = LoggerFactory.getLogger(LevelDbDisk.class);
    static final int WRITE_BUFFER_BYTES = 32 << 20;

    /** The file that names the list of all others: LevelDB's last step when it creates a database, and never missing after that. */
    private static final String CURRENT = "CURRENT";

    /**
     * What a creation leaves that ended before that step: nobody's data, and LevelDB begins it anew. Atlas writes nothing before. And what a file system of its own
     * begins with.
     */
    private static final Set<String> BEGUN =
            Set.of("LOCK", "LOG", "LOG.old", "MANIFEST-000001", "000001.dbtmp", "lost+found");

    private static final int NAMES_SHOWN = 5;

    private final Path directory;
    private final Forcer forcer;
    private final FreeSpace space;

    public LevelDbDisk(Path directory) {
        this(directory, LevelDbDisk::force, new FreeSpace(directory));
    }

    /** With another way to sync, for those who want to see it done, and other room, for those who want to see it end. */
    LevelDbDisk(Path directory, Forcer forcer, FreeSpace space) {
        this.directory = directory;
        this.forcer = forcer;
        this.space = space;
    }

    /** Syncs a file, or the names in a directory. */
    @FunctionalInterface
    interface Forcer {
        void force(Path file) throws IOException;
    }

    @Override
    public Store open() throws IOException {
        return withoutJournal(openDatabase());
    }

    /** Opens LevelDB alone: whoever does that must look after the journal. */
    Store openDatabase() throws IOException {
        createDirectory();
        return open(!isThere());
    }

    /** Opens what is there, and creates nothing. */
    Store openExisting() throws IOException {
        if (!isThere()) {
            throw new StorageException(directory + " is no directory of a replica: nothing was ever written there");
        }
        return withoutJournal(open(false));
    }

    /**
     * Whether there is a database. LevelDB takes a directory without {@link #CURRENT} for an empty one: it would make a database of the newest log there and delete
     * all tables, or delete logs that are somebody else's.
     *
     * @throws StorageException if there is none, and other files are there than a creation leaves
     */
    private boolean isThere() throws StorageException {
        String[] names = directory.toFile().list();
        if (names == null) {
            throw new StorageException(directory + " is no directory that this process may read");
        }
        List<String> found = List.of(names);
        if (found.contains(CURRENT)) {
            return true;
        }
        List<String> others =
                found.stream().filter(name -> !BEGUN.contains(name)).sorted().toList();
        if (!others.isEmpty()) {
            int shown = Math.min(NAMES_SHOWN, others.size());
            throw new StorageException(
                    damaged("it has no file CURRENT, without which LevelDB reads none of the others: "
                                    + String.join(", ", others.subList(0, shown))
                                    + (shown < others.size() ? ", ..." : ""))
                            + "; if these are not a replica's files, give the replica a directory of its own");
        }
        return false;
    }

    SegmentFiles journal() {
        return new DirectorySegments(directory);
    }

    private Store withoutJournal(Store database) throws IOException {
        return openOver(database, () -> LeftJournal.open(database, journal()));
    }

    /** What opens over a database closes it too; if it cannot be opened, this does, and says why. */
    Store openOver(Store database, Opener opener) throws IOException {
        try {
            return opener.open();
        } catch (JournalException unusable) {
            database.close();
            throw new StorageException(explain(unusable), unusable);
        } catch (IOException | RuntimeException | Error failure) {
            database.close();
            throw failure;
        }
    }

    /** Opens something. */
    @FunctionalInterface
    interface Opener {
        Store open() throws IOException;
    }

    private String explain(JournalException unusable) {
        return switch (unusable.reason()) {
            case DAMAGED -> damaged(String.valueOf(unusable.getMessage()));
            case NEWER ->
                directory + " was written by a newer version of Atlas, which must go on with it: "
                        + unusable.getMessage();
        };
    }

    private String damaged(String cause) {
        return directory + " is damaged (" + cause
                + "): nothing was changed; put it aside for inspection and start with an empty directory, as a learner";
    }

    private Store open(boolean create) throws IOException {
        space.demand(0); // it writes what is in its log to a table, and a new log
        Options options = new Options()
                .createIfMissing(create)
                .paranoidChecks(true)
                .verifyChecksums(true)
                .writeBufferSize(WRITE_BUFFER_BYTES)
                .compressionType(CompressionType.NONE);
        DB database;
        try {
            database = openOrCut(options);
        } catch (LinkageError noLibrary) {
            throw new StorageException(
                    "LevelDB's native library cannot be loaded (" + noLibrary.getMessage()
                            + "). There are builds for Linux, Windows and macOS on x86-64, and this is "
                            + System.getProperty("os.name") + " on " + System.getProperty("os.arch")
                            + ": elsewhere only durability NONE works. Or it cannot be unpacked and run in "
                            + System.getProperty("java.io.tmpdir")
                            + ", which is missing, full, not writable or mounted noexec: name another directory with -Djava.io.tmpdir",
                    noLibrary);
        } catch (IOException | DBException failure) {
            throw new StorageException(explain(String.valueOf(failure.getMessage())), failure);
        }
        Opened opened = new Opened(database);
        try {
            opened.syncDirectory();
        } catch (IOException | RuntimeException | Error failure) {
            opened.close();
            throw failure;
        }
        return opened;
    }

    private DB openOrCut(Options options) throws IOException {
        try {
            return JniDBFactory.factory.open(directory.toFile(), options);
        } catch (IOException | DBException failure) {
            if (!String.valueOf(failure.getMessage()).contains("orruption")) {
                throw failure;
            }
            Optional<Long> dropped = TornEnd.cut(directory);
            if (dropped.isEmpty()) {
                throw failure;
            }
            LOG.warn(
                    "{}: dropped {} bytes of a write that was under way when the power failed, and of which nobody was told",
                    directory,
                    dropped.get());
            return JniDBFactory.factory.open(directory.toFile(), options);
        }
    }

    private void createDirectory() throws IOException {
        try {
            List<Path> parents = parentsOfNew(directory.toAbsolutePath());
            Files.createDirectories(directory.toAbsolutePath());
            for (Path parent : parents) {
                forcer.force(parent);
            }
        } catch (IOException failure) {
            throw new StorageException(
                    directory + " is no directory that this process may write: " + failure.getMessage(), failure);
        }
    }

    /** Each has a new name in it. One that has none is not opened: it need not be readable. */
    private static List<Path> parentsOfNew(Path path) {
        List<Path> parents = new ArrayList<>();
        Path child = path;
        Path parent = path.getParent();
        while (parent != null && !Files.exists(child)) {
            parents.add(parent);
            child = parent;
            parent = child.getParent();
        }
        return parents;
    }

    /** LevelDB says it in words only, among them the names of files. */
    private String explain(String cause) {
        String words = cause.replace(directory.toString(), "");
        if (words.contains("orrupt") || words.contains("checksum") || words.contains("missing")) {
            return damaged(cause);
        }
        if (words.contains("LOCK")) {
            return directory
                    + " is in use by another process, or not writable: one replica has one directory, and a directory one replica ("
                    + cause + ")";
        }
        return failed("opened", cause);
    }

    /** The disk, or a file that is shorter or missing: the words do not tell. */
    private String failed(String what, String cause) {
        return directory + " cannot be " + what + " (" + cause
                + "): repair the disk or mount it and start again, or, if a file there is shorter than it was or missing,"
                + " put the directory aside for inspection and start with an empty one, as a learner";
    }

    private static void force(Path file) throws IOException {
        if (Files.isDirectory(file)) {
            DirectorySegments.forceNames(file);
            return;
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** Also for several threads at once, but for {@link #close}. */
    private final class Opened implements Store {

        private final DB database;
        private final ReentrantLock lock = new ReentrantLock();

        /** Which are durable. Guarded by {@link #lock}. */
        private Set<String> names = Set.of();

        Opened(DB database) {
            this.database = database;
        }

        @Override
        public Optional<byte[]> get(byte[] key) throws IOException {
            try {
                return Optional.ofNullable(database.get(key, new ReadOptions().verifyChecksums(true)));
            } catch (DBException failure) {
                throw unreadable(failure);
            }
        }

        @Override
        public void scan(byte[] from, byte[] to, Visitor visitor) throws IOException {
            ReadOptions options = new ReadOptions().verifyChecksums(true).fillCache(false);
            try (DBIterator iterator = database.iterator(options)) {
                Optional<Map.Entry<byte[], byte[]>> entry = first(iterator, from);
                while (entry.isPresent()
                        && Arrays.compareUnsigned(entry.get().getKey(), to) < 0
                        && visitor.visit(entry.get().getKey(), entry.get().getValue())) {
                    entry = next(iterator);
                }
            }
        }

        private Optional<Map.Entry<byte[], byte[]>> first(DBIterator iterator, byte[] from) throws StorageException {
            try {
                iterator.seek(from);
            } catch (RuntimeException failure) {
                throw unreadable(failure);
            }
            return next(iterator);
        }

        private Optional<Map.Entry<byte[], byte[]>> next(DBIterator iterator) throws StorageException {
            try {
                return iterator.hasNext() ? Optional.of(iterator.next()) : Optional.empty();
            } catch (RuntimeException failure) {
                throw unreadable(failure);
            }
        }

        /** Of an iterator it is no DBException, but any RuntimeException with one of another kind as its cause. */
        private StorageException unreadable(RuntimeException failure) {
            String cause = String.valueOf(failure.getMessage());
            return new StorageException(cause.contains("orruption") ? damaged(cause) : failed("read", cause), failure);
        }

        @Override
        public void write(Changes changes, boolean synced) throws IOException {
            space.demand(changes.bytes());
            try (WriteBatch batch = database.createWriteBatch()) {
                for (Changes.Change change : changes.all()) {
                    change.value()
                            .ifPresentOrElse(value -> batch.put(change.key(), value), () -> batch.delete(change.key()));
                }
                database.write(batch, new WriteOptions().sync(synced));
            } catch (DBException failure) {
                throw new IOException(failure);
            }
            if (synced) {
                syncDirectory();
            }
        }

        /** Every file but the lock: whoever closes a handle on that gives the lock up. */
        @Override
        public void sync() throws IOException {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
                for (Path file : files) {
                    if (!file.endsWith("LOCK")) {
                        forceIfThere(file);
                    }
                }
            }
            forcer.force(directory);
        }

        /** LevelDB deletes a file beside us when what it held is in others, which it has synced. */
        private void forceIfThere(Path file) throws IOException {
            try {
                forcer.force(file);
            } catch (NoSuchFileException deleted) {
                LOG.debug("{} was deleted before it was synced", file);
            }
        }

        /** LevelDB syncs the files that it writes but not the names of new logs: a log without a name is lost with all that was synced to it. */
        private void syncDirectory() throws IOException {
            String[] now = directory.toFile().list();
            if (now == null) {
                throw new IOException(directory + " cannot be listed any more");
            }
            Set<String> found = new HashSet<>(Arrays.asList(now));
            lock.lock();
            try {
                if (!found.equals(names)) {
                    forcer.force(directory);
                    names = found;
                }
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void close() throws IOException {
            try {
                database.close();
            } catch (DBException failure) {
                throw new IOException(failure);
            }
        }
    }
}
