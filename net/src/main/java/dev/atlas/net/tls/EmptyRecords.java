package dev.atlas.net.tls;

import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLException;

/**
 * Bounds what one peer sends of TLS itself, after the handshake.
 *
 * <p>A message that asks for a new key (RFC 8446, 4.6.3) costs the reader's thread the derivation of several, and an answer that waits in
 * the engine for the writer, without a bound: nobody may send many. The engine does not say how many there were, and one record holds
 * thousands, so a record without data counts by its size, in parts as large as one that holds a single such message.
 *
 * <p>Owned by the reader, but for {@link #encrypted}.
 */
final class EmptyRecords {

    /** What a record of one key update or alert has room in: encrypted and padded by the JDK, it is 43 bytes long. */
    private static final int PART_BYTES = 48;
    /** A new key after each of many GiB, and an alert. */
    private static final int PARTS = 32;
    /** Session tickets of some 400 bytes each, up to ten if the JDK is told to; only who accepts a connection sends them. */
    private static final int PARTS_OF_TICKETS = 96;

    private static final long BYTES_FOR_ANOTHER = 1L << 30;

    private final int atFirst;
    private long decryptedBytes;
    private long parts;
    /** A key is used up by what is written with it too, and the answer to its renewal has no data. */
    private final AtomicLong encryptedBytes = new AtomicLong();

    /** @param dialled whether the peer is the one that accepted the connection */
    EmptyRecords(boolean dialled) {
        this.atFirst = dialled ? PARTS + PARTS_OF_TICKETS : PARTS;
    }

    /** From the writer's thread: so many bytes of data have been sent. */
    void encrypted(int bytes) {
        encryptedBytes.addAndGet(bytes);
    }

    /** @throws SSLException if the peer has sent more without data than TLS needs */
    void decrypted(SSLEngineResult result) throws SSLException {
        decryptedBytes += result.bytesProduced();
        if (result.bytesConsumed() == 0 || result.bytesProduced() > 0) {
            return;
        }
        parts += Math.ceilDiv(result.bytesConsumed(), PART_BYTES);
        if (parts > atFirst + (decryptedBytes + encryptedBytes.get()) / BYTES_FOR_ANOTHER) {
            throw new SSLException(parts * PART_BYTES + " bytes of TLS records without data among " + decryptedBytes
                    + " bytes: more than TLS needs");
        }
    }
}
