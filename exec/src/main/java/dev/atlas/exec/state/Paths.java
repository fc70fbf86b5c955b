package dev.atlas.exec.state;

import com.google.protobuf.ByteString;
import java.lang.ref.WeakReference;
import org.jspecify.annotations.Nullable;

/**
 * Remembers the paths of the keys used last: an entry that is read and then written, perhaps by another thread, is hashed once.
 *
 * <p>Keys are not kept alive by this: a small one may be a slice of a large request. A copy would be safe as well, but would have to be compared byte by byte, at
 * each of the several times that an operation looks up the same object.
 *
 * <p>Thread-safe without locks: what is remembered is immutable, and whoever overwrites another's only costs a hash.
 */
final class Paths {

    private static final int REMEMBERED = 4096;

    private final @Nullable Known[] known = new @Nullable Known[REMEMBERED];

    /** Keys are told apart by identity: comparing would cost more than it saves for the others. */
    Path of(ByteString key) {
        int slot = key.hashCode() & (REMEMBERED - 1);
        Known found = known[slot];
        if (found != null && found.key.refersTo(key)) {
            return found.path;
        }
        Path path = Path.of(key);
        known[slot] = new Known(new WeakReference<>(key), path);
        return path;
    }

    private record Known(WeakReference<ByteString> key, Path path) {}
}
