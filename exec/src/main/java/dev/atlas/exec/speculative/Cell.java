package dev.atlas.exec.speculative;

import java.util.concurrent.atomic.AtomicReference;

/** The versions of one location in the order of their writers, the block's base first. Copied on write: reads are many. */
final class Cell {

    final Location location;
    private final AtomicReference<Version[]> versions;

    Cell(Location location, Version base) {
        this.location = location;
        this.versions = new AtomicReference<>(new Version[] {base});
    }

    Version base() {
        return versions.get()[0];
    }

    Version last() {
        Version[] all = versions.get();
        return all[all.length - 1];
    }

    /** What the operation at {@code reader} finds: the version of the highest writer below it. */
    Version below(int reader) {
        Version[] all = versions.get();
        return all[indexBelow(all, reader)];
    }

    /** The version of exactly this writer, or the one that its readers would find without it. */
    Version by(int writer) {
        return below(writer + 1);
    }

    void put(Version version) {
        while (true) {
            Version[] all = versions.get();
            int below = indexBelow(all, version.writer);
            boolean replaces = below + 1 < all.length && all[below + 1].writer == version.writer;
            int above = replaces ? below + 2 : below + 1;
            Version[] changed = new Version[below + 2 + all.length - above];
            System.arraycopy(all, 0, changed, 0, below + 1);
            changed[below + 1] = version;
            System.arraycopy(all, above, changed, below + 2, all.length - above);
            if (versions.compareAndSet(all, changed)) {
                return;
            }
        }
    }

    void remove(int writer) {
        while (true) {
            Version[] all = versions.get();
            int index = indexBelow(all, writer + 1);
            if (all[index].writer != writer) {
                return;
            }
            Version[] changed = new Version[all.length - 1];
            System.arraycopy(all, 0, changed, 0, index);
            System.arraycopy(all, index + 1, changed, index, changed.length - index);
            if (versions.compareAndSet(all, changed)) {
                return;
            }
        }
    }

    private static int indexBelow(Version[] all, int reader) {
        int low = 0;
        for (int high = all.length - 1; low < high; ) {
            int middle = (low + high + 1) >>> 1;
            if (all[middle].writer < reader) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }
}
