package dev.atlas.net.handshake;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * What the two ends sign where the transport authenticates nobody: both Hellos, with their nonces, and the signer's role. A signature
 * therefore answers this exchange only (no replay), and what one end signed is worthless as the other end's answer (no reflection).
 */
final class Transcript {

    private static final byte[] DOMAIN = "atlas/handshake/1".getBytes(StandardCharsets.US_ASCII);

    private Transcript() {}

    /** Which end of the connection somebody is. */
    enum Role {
        DIALLER((byte) 1),
        ACCEPTOR((byte) 2);

        private final byte code;

        Role(byte code) {
            this.code = code;
        }

        Role other() {
            return this == DIALLER ? ACCEPTOR : DIALLER;
        }
    }

    static byte[] signedBy(Role signer, byte[] diallerHello, byte[] acceptorHello) {
        return ByteBuffer.allocate(DOMAIN.length + 1 + 2 * Integer.BYTES + diallerHello.length + acceptorHello.length)
                .put(DOMAIN)
                .put(signer.code)
                .putInt(diallerHello.length)
                .put(diallerHello)
                .putInt(acceptorHello.length)
                .put(acceptorHello)
                .array();
    }
}
