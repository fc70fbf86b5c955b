package dev.atlas.replica.storage;

import dev.atlas.net.crypto.Digest;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;

/**
 * The kinds of records and their keys: a byte for the kind, then a sequence number in eight bytes and a digest in 32 where there are some, both big-endian,
 * so that a slot's records lie together and in order.
 */
enum Key {
    /** Whose records these are, and whether it may vote. */
    IDENTITY('i'),
    /** The certificate of the stable checkpoint. */
    STABLE('c'),
    /** The newest own VIEW-CHANGE. */
    VIEW_CHANGE('v'),
    /** The newest NEW-VIEW that was entered or issued, with its VIEW-CHANGEs. */
    NEW_VIEW('w'),
    /** By slot and digest: the latest view in which it was pre-prepared (Q). */
    PRE_PREPARED('q'),
    /** By slot: what prepared there last (P). */
    PREPARED('p'),
    /** By slot and digest: a batch with its bodies, but for those that another batch has ({@link Bodies}). */
    BATCH('b'),
    /** By slot: what was decided. */
    DECIDED('d'),
    /** The descriptor of the stored state. */
    STATE('s'),
    /** By number and name: a part of the stored state, or of one that is being stored. */
    STATE_PART('t'),
    /** What LevelDB keeps of a journal while there is one; no other part of the storage gets to see it. */
    JOURNAL('j');

    private final byte code;

    Key(char code) {
        this.code = (byte) code;
    }

    byte[] only() {
        return new byte[] {code};
    }

    byte[] at(long sequence) {
        return ByteBuffer.allocate(1 + Long.BYTES).put(code).putLong(sequence).array();
    }

    byte[] at(long sequence, Digest digest) {
        ByteBuffer key =
                ByteBuffer.allocate(1 + Long.BYTES + Digest.BYTES).put(code).putLong(sequence);
        digest.write(key);
        return key.array();
    }

    /** What kind of record lies under a key; empty for none that this version knows. */
    static Optional<Key> kind(byte[] key) {
        return Arrays.stream(values()).filter(kind -> kind.code == key[0]).findFirst();
    }

    /** The first key that is behind all of this kind. */
    byte[] end() {
        return new byte[] {(byte) (code + 1)};
    }

    static long sequence(byte[] key) {
        return ByteBuffer.wrap(key, 1, Long.BYTES).getLong();
    }

    /** The digest at the end of a key. */
    static Digest digest(byte[] key) {
        return Digest.read(ByteBuffer.wrap(key, key.length - Digest.BYTES, Digest.BYTES));
    }
}
