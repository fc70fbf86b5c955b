package dev.atlas.exec.state;

import com.google.protobuf.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * Remembers the paths of the keys used last: an entry that is read and then written, perhaps by another thread, is hashed once.
 *
 * <p>Thread-safe without locks: what is remembered is immutable, and whoever overwrites another's only costs a hash.
 */
final class Paths {

    private static final int REMEMBERED = 4096;

    /** A longer key is not kept alive by this. */
    private static final int LONGEST = 128;

    private final @Nullable Known[] known = new @Nullable Known[REMEMBERED];

    /** Keys are told apart by identity: comparing would cost more than it saves for the others. */
    @SuppressWarnings("ReferenceEquality")
    Path of(ByteString key) {
        if (key.size() > LONGEST) {
            return Path.of(key);
        }
        int slot = key.hashCode() & (REMEMBERED - 1);
        Known found = known[slot];
        if (found != null && found.key == key) {
            return found.path;
        }
        Path path = Path.of(key);
        known[slot] = new Known(key, path);
        return path;
    }

    private record Known(ByteString key, Path path) {}
}
