package dev.atlas.net.crypto;

import dev.atlas.net.env.RandomSource;
import org.bouncycastle.math.ec.rfc8032.Ed25519;

/**
 * Ed25519 (RFC 8032) through BouncyCastle's low-level API: several times faster than the JDK's own. Thread-safe.
 *
 * <p>A secret is the 32-byte seed of RFC 8032, section 5.1.5.
 */
public final class Ed25519Scheme implements SignatureScheme {

    @Override
    public KeyPair generate(RandomSource random) {
        byte[] seed = new byte[Ed25519.SECRET_KEY_SIZE];
        random.nextBytes(seed);
        return new Ed25519KeyPair(seed);
    }

    @Override
    public KeyPair fromSecret(byte[] secret) {
        if (secret.length != Ed25519.SECRET_KEY_SIZE) {
            throw new IllegalArgumentException(
                    "an Ed25519 secret has " + Ed25519.SECRET_KEY_SIZE + " bytes, not " + secret.length);
        }
        return new Ed25519KeyPair(secret.clone());
    }

    @Override
    public Verifier verifier(PublicKey key) {
        byte[] encoded = key.encoded();
        // Full validation also refuses points of small order, under which one signature fits many messages.
        Ed25519.PublicPoint point =
                encoded.length == Ed25519.PUBLIC_KEY_SIZE ? Ed25519.validatePublicKeyFullExport(encoded, 0) : null;
        if (point == null) {
            throw new IllegalArgumentException("not an Ed25519 public key: " + key);
        }
        return (message, signature) -> signature.length == Ed25519.SIGNATURE_SIZE
                && Ed25519.verify(signature, 0, point, message, 0, message.length);
    }

    private static final class Ed25519KeyPair implements KeyPair {

        private final byte[] seed;
        private final byte[] encodedKey = new byte[Ed25519.PUBLIC_KEY_SIZE];
        private final PublicKey publicKey;

        Ed25519KeyPair(byte[] seed) {
            this.seed = seed;
            Ed25519.generatePublicKey(seed, 0, encodedKey, 0);
            this.publicKey = new PublicKey(encodedKey);
        }

        @Override
        public PublicKey publicKey() {
            return publicKey;
        }

        @Override
        public byte[] secret() {
            return seed.clone();
        }

        @Override
        public byte[] sign(byte[] message) {
            byte[] signature = new byte[Ed25519.SIGNATURE_SIZE];
            Ed25519.sign(seed, 0, encodedKey, 0, message, 0, message.length, signature, 0);
            return signature;
        }
    }
}
