package dev.atlas.replica.storage;

import dev.atlas.replica.storage.journal.SegmentFile;
import dev.atlas.replica.storage.journal.SegmentFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The disk of a journal and the store below it, and the system's memory before it. When power fails, of what was written to a file since its last sync any pages
 * survive, in any mixture, and of names that were not synced any. When a process is killed all survives, though no more of it is durable than before.
 */
final class UnreliableMachine implements SegmentFiles {

    private static final int PAGE_BYTES = 4096;

    /** A bug that somebody could have made, in what lies below the code under test. */
    enum Bug {
        NONE,
        FILES_NOT_SYNCED,
        LENGTHS_NOT_SYNCED,
        NAMES_NOT_SYNCED,
        DELETIONS_NOT_FLUSHED,
        REUSED_BEFORE_FLUSHED
    }

    /** Power is gone, or the process is: thrown out of whatever it was doing. */
    static final class Gone extends Error {
        private static final long serialVersionUID = 1L;
    }

    private final Random random;
    private final Bug bug;
    private final Map<Integer, Contents> files = new TreeMap<>();
    private final Map<Integer, Contents> durableNames = new TreeMap<>();
    private final TreeMap<byte[], byte[]> base = new TreeMap<>(Arrays::compareUnsigned);
    private long countdown = Long.MAX_VALUE;
    private boolean failsInstead;
    private boolean isBroken;
    private Runnable beside = () -> {};

    UnreliableMachine(Random random, Bug bug) {
        this.random = random;
        this.bug = bug;
    }

    Bug bug() {
        return bug;
    }

    /** After so many operations the machine is gone, in the middle of one. */
    void endAfter(long operations) {
        countdown = operations;
        failsInstead = false;
    }

    /** After so many operations one fails, and all after it. */
    void failAfter(long operations) {
        countdown = operations;
        failsInstead = true;
    }

    /** Something that happens between operations on files, now and then. */
    void beside(Runnable action) {
        beside = action;
    }

    private void operation() throws IOException {
        if (--countdown <= 0 && !failsInstead) {
            countdown = Long.MAX_VALUE;
            throw new Gone();
        }
        isBroken |= countdown <= 0;
        if (isBroken) {
            throw new IOException("No space left on device");
        }
    }

    /** A failing or dying operation may have happened or not. */
    private void operation(Operation change) throws IOException {
        if (countdown > 1 && !isBroken) {
            operation();
            change.run();
            return;
        }
        if (!isBroken && random.nextBoolean()) {
            change.run();
        }
        operation();
    }

    private interface Operation {
        void run() throws IOException;
    }

    /** The process ends here; another may begin. */
    void kill() {
        countdown = Long.MAX_VALUE;
        isBroken = false;
        beside = () -> {};
    }

    void losePower() {
        kill();
        for (int slot : new int[] {0, 1}) {
            boolean isSame = durableNames.get(slot) == files.get(slot);
            Map<Integer, Contents> names = isSame || random.nextBoolean() ? files : durableNames;
            @Nullable Contents survivor = names.get(slot);
            if (survivor == null) {
                durableNames.remove(slot);
            } else {
                durableNames.put(slot, survivor);
            }
        }
        files.clear();
        files.putAll(durableNames);
        files.values().forEach(Contents::losePower);
    }

    /** Flips a bit of a file. */
    void flip(int slot, long position, int bit) {
        Contents contents = files.get(slot);
        contents.cached[(int) position] ^= (byte) (1 << bit);
        contents.durable[(int) position] ^= (byte) (1 << bit);
    }

    byte[] contents(int slot) {
        return files.get(slot).cached.clone();
    }

    void remove(int slot) {
        files.remove(slot);
        durableNames.remove(slot);
    }

    private final class Contents {
        private byte[] cached = new byte[0];
        private byte[] durable = new byte[0];
        private final Set<Integer> dirtyPages = new TreeSet<>();

        void write(byte[] bytes, int position) {
            int end = position + bytes.length;
            if (end > cached.length) {
                cached = Arrays.copyOf(cached, end);
            }
            System.arraycopy(bytes, 0, cached, position, bytes.length);
            for (int page = position / PAGE_BYTES; page * PAGE_BYTES < end; page++) {
                dirtyPages.add(page);
            }
        }

        /** Without its length, only what is within the durable one. */
        void force(boolean length) {
            if (length) {
                durable = Arrays.copyOf(durable, cached.length);
            }
            dirtyPages.removeIf(this::makeDurable);
        }

        private boolean makeDurable(int page) {
            int from = page * PAGE_BYTES;
            int to = Math.min(from + PAGE_BYTES, cached.length);
            if (to > durable.length) {
                return false;
            }
            System.arraycopy(cached, from, durable, from, to - from);
            return true;
        }

        void losePower() {
            double survive = new double[] {0, 0.1, 0.5, 0.9, 1}[random.nextInt(5)];
            if (random.nextBoolean()) {
                durable = Arrays.copyOf(durable, durable.length + random.nextInt(cached.length - durable.length + 1));
            }
            dirtyPages.removeIf(page -> random.nextDouble() >= survive || makeDurable(page));
            dirtyPages.clear();
            cached = durable.clone();
        }
    }

    @Override
    public boolean isThere(int slot) {
        return files.containsKey(slot);
    }

    @Override
    public SegmentFile open(int slot) throws IOException {
        if (!files.containsKey(slot)) {
            operation(() -> files.put(slot, new Contents()));
        }
        return new Opened(files.get(slot));
    }

    @Override
    public void forceNames() throws IOException {
        operation(() -> {
            if (bug != Bug.NAMES_NOT_SYNCED) {
                durableNames.clear();
                durableNames.putAll(files);
            }
        });
    }

    @Override
    public void delete(int slot) throws IOException {
        operation(() -> files.remove(slot));
    }

    private final class Opened implements SegmentFile {

        private final Contents contents;

        Opened(Contents contents) {
            this.contents = contents;
        }

        @Override
        public void read(ByteBuffer target, long position) {
            int count = (int) Math.min(target.remaining(), Math.max(0, contents.cached.length - position));
            if (count > 0) {
                target.put(contents.cached, (int) position, count);
            }
        }

        @Override
        public void write(ByteBuffer source, long position) throws IOException {
            beside.run();
            byte[] bytes = new byte[source.remaining()];
            source.get(bytes);
            operation(() -> contents.write(bytes, (int) position));
        }

        @Override
        public void force(boolean length) throws IOException {
            beside.run();
            operation(() -> {
                if (bug != Bug.FILES_NOT_SYNCED) {
                    contents.force(length && bug != Bug.LENGTHS_NOT_SYNCED);
                }
            });
        }

        @Override
        public long length() {
            return contents.cached.length;
        }

        @Override
        public void close() {}
    }

    /** The store below: what is synced is durable, at once and as a whole, and nothing else is ever written. */
    Store base() {
        return new Base();
    }

    private final class Base implements Store {

        @Override
        public Optional<byte[]> get(byte[] key) {
            return Optional.ofNullable(base.get(key));
        }

        @Override
        public void scan(byte[] from, byte[] to, Visitor visitor) throws IOException {
            for (Map.Entry<byte[], byte[]> entry : new TreeMap<>(base.subMap(from, true, to, false)).entrySet()) {
                if (!visitor.visit(entry.getKey(), entry.getValue())) {
                    return;
                }
            }
        }

        @Override
        public void write(Changes changes, boolean synced) throws IOException {
            if (!synced) {
                throw new AssertionError("LevelDB is only ever written to in syncs");
            }
            operation(() -> {
                for (Changes.Change change : changes.all()) {
                    if (change.value().isPresent()) {
                        base.put(change.key(), change.value().get());
                    } else if (bug != Bug.DELETIONS_NOT_FLUSHED || change.key().length == 1) {
                        base.remove(change.key());
                    }
                }
            });
        }

        @Override
        public void sync() {}

        @Override
        public void close() {}
    }
}
