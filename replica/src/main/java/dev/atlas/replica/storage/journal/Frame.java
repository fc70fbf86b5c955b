package dev.atlas.replica.storage.journal;

import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * What precedes the payload of a record. A record begins at a multiple of {@value #ALIGNMENT} bytes, and zeros fill its last block: so a write that is cut short
 * never damages a record before it, and no block has to be read in order to be written.
 *
 * <p>In this order, big-endian: the journal's secret (eight bytes), version of the format (four), epoch (eight), index in the epoch (four), length of the payload
 * (four), CRC-32C of the payload (four), the checksum of the record before this one, over epochs too (four), and the checksum: CRC-32C of all these (four). Any
 * later version begins with the same forty bytes.
 *
 * @param index 0 for the first of an epoch
 * @param previous 0 for the first of a journal
 */
record Frame(int version, long epoch, int index, int length, int payloadChecksum, int previous, int checksum) {

    static final int VERSION = 1;
    static final int BYTES = 40;
    static final int ALIGNMENT = 4096;

    private static final int CHECKSUM_AT = BYTES - Integer.BYTES;

    /** How much room a record with a payload of that length takes. */
    static long size(long length) {
        return (BYTES + length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    /**
     * Writes the header at the buffer's beginning, for the payload that lies behind it up to the limit.
     *
     * @return the checksum
     */
    static int close(ByteBuffer record, long secret, long epoch, int index, int previous) {
        int length = record.limit() - BYTES;
        record.putLong(0, secret)
                .putInt(8, VERSION)
                .putLong(12, epoch)
                .putInt(20, index)
                .putInt(24, length)
                .putInt(28, checksum(record, BYTES, length))
                .putInt(32, previous);
        int checksum = checksum(record, 0, CHECKSUM_AT);
        record.putInt(CHECKSUM_AT, checksum);
        return checksum;
    }

    /** The header at that place of the buffer; empty if none of this journal is there, or it is not intact. */
    static Optional<Frame> read(ByteBuffer bytes, int at, long secret) {
        if (bytes.limit() - at < BYTES
                || bytes.getLong(at) != secret
                || bytes.getInt(at + CHECKSUM_AT) != checksum(bytes, at, CHECKSUM_AT)) {
            return Optional.empty();
        }
        return Optional.of(new Frame(
                bytes.getInt(at + 8),
                bytes.getLong(at + 12),
                bytes.getInt(at + 20),
                bytes.getInt(at + 24),
                bytes.getInt(at + 28),
                bytes.getInt(at + 32),
                bytes.getInt(at + CHECKSUM_AT)));
    }

    boolean holds(ByteBuffer payload) {
        return payload.remaining() == length
                && checksum(payload, payload.position(), payload.remaining()) == payloadChecksum;
    }

    private static int checksum(ByteBuffer bytes, int from, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.duplicate().limit(from + length).position(from));
        return (int) crc.getValue();
    }
}
