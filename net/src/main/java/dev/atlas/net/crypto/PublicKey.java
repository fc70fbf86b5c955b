package dev.atlas.net.crypto;

import java.util.Arrays;
import java.util.HexFormat;

/** The encoded public half of a node's key pair (Ed25519: 32 bytes, RFC 8032). Immutable. */
public final class PublicKey {

    /** Bound on an encoded key, so that a peer's claim never sizes an allocation. */
    public static final int MAX_BYTES = 64;

    private final byte[] encoded;

    /**
     * @throws IllegalArgumentException if {@code encoded} is empty or above {@link #MAX_BYTES}
     */
    public PublicKey(byte[] encoded) {
        if (encoded.length == 0 || encoded.length > MAX_BYTES) {
            throw new IllegalArgumentException("a public key has 1 to " + MAX_BYTES + " bytes, not " + encoded.length);
        }
        this.encoded = encoded.clone();
    }

    /**
     * A key as {@link #toString} writes it and {@link GenerateKey} prints it, in hexadecimal.
     *
     * @throws IllegalArgumentException if the text is no key
     */
    public static PublicKey parse(String hexadecimal) {
        try {
            return new PublicKey(HexFormat.of().parseHex(hexadecimal));
        } catch (IllegalArgumentException noKey) {
            throw new IllegalArgumentException("no public key: \"" + hexadecimal + "\"", noKey);
        }
    }

    public byte[] encoded() {
        return encoded.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PublicKey that && Arrays.equals(encoded, that.encoded);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(encoded);
    }

    @Override
    public String toString() {
        return HexFormat.of().formatHex(encoded);
    }
}
