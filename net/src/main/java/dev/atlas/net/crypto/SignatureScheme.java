package dev.atlas.net.crypto;

import dev.atlas.net.env.RandomSource;

/**
 * How this cluster signs: Ed25519 in production, a keyed hash in most simulations, a native provider where one is plugged in.
 * Thread-safe.
 *
 * <p>Signing must be deterministic (as in RFC 8032, section 5.1.6), so that a protocol step with a signature in it still has one
 * result.
 */
public interface SignatureScheme {

    KeyPair generate(RandomSource random);

    /** Restores a key pair from {@link KeyPair#secret}. */
    KeyPair fromSecret(byte[] secret);

    /**
     * Prepares a key for repeated use; parsing the point once saves about a tenth of a verification.
     *
     * @throws IllegalArgumentException if the bytes are no key of this scheme
     */
    Verifier verifier(PublicKey key);

    /** A key pair that can sign. */
    interface KeyPair extends Signer {

        PublicKey publicKey();

        /** The secret seed, for writing it to a file; handle with care. */
        byte[] secret();
    }

    /** Signs with one key. Thread-safe. */
    interface Signer {

        /** The signature over exactly these bytes. */
        byte[] sign(byte[] message);
    }

    /** Checks signatures of one key. Thread-safe. */
    interface Verifier {

        /** False for any signature that is not valid, malformed ones included; never throws on bad input. */
        boolean verify(byte[] message, byte[] signature);
    }
}
