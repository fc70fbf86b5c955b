package dev.atlas.replica.storage;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * Wraps a record: schema version (one byte), CRC-32C over key, version and content (four bytes), content. The key is in the checksum, so that a record in the
 * wrong place is a damaged one too.
 */
final class Seal {

    static final byte SCHEMA = 1;
    static final int BYTES = 1 + Integer.BYTES;

    private Seal() {}

    /** Room for a record of that size; the content is written at the buffer's position. */
    static ByteBuffer room(int size) {
        return ByteBuffer.allocate(BYTES + size).position(BYTES);
    }

    /** Closes what {@link #room} began. */
    @SuppressWarnings("ByteBufferBackingArray") // allocated by room()
    static byte[] close(byte[] key, ByteBuffer record) {
        byte[] bytes = record.array();
        bytes[0] = SCHEMA;
        record.putInt(1, checksum(key, bytes));
        return bytes;
    }

    /** The content of a record. */
    static ByteBuffer open(byte[] key, byte[] record) throws StorageException {
        if (record.length >= 1 && record[0] > SCHEMA) {
            throw new StorageException("a record of schema " + record[0] + ", and this version reads up to " + SCHEMA
                    + ": the directory was written by a newer version of Atlas, which must go on with it");
        }
        if (record.length < BYTES
                || record[0] != SCHEMA
                || ByteBuffer.wrap(record).getInt(1) != checksum(key, record)) {
            throw damaged(key, "does not match its checksum");
        }
        return ByteBuffer.wrap(record, BYTES, record.length - BYTES).slice();
    }

    static StorageException damaged(byte[] key, String how) {
        return new StorageException(
                "a stored record of kind '" + (char) key[0] + "'"
                        + (key.length > Long.BYTES ? " at " + Key.sequence(key) : "") + " " + how
                        + ": the disk has damaged it; nothing was changed. Put the directory aside and start with an empty one, as a learner");
    }

    private static int checksum(byte[] key, byte[] record) {
        CRC32C crc = new CRC32C();
        crc.update(key);
        crc.update(record, 0, 1);
        crc.update(record, BYTES, record.length - BYTES);
        return (int) crc.getValue();
    }
}
