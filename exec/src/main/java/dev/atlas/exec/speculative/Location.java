package dev.atlas.exec.speculative;

import com.google.protobuf.ByteString;
import java.util.Comparator;

/** Names an entry. Comparable, so that keys chosen to collide cost a logarithm and not a list in a hash table. */
record Location(String column, ByteString key) implements Comparable<Location> {

    private static final Comparator<ByteString> ORDER = ByteString.unsignedLexicographicalComparator();

    @Override
    public int compareTo(Location other) {
        int order = column.compareTo(other.column);
        return order == 0 ? ORDER.compare(key, other.key) : order;
    }
}
