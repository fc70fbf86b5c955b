package dev.atlas.net.tls;

import dev.atlas.net.crypto.PublicKey;
import dev.atlas.net.crypto.SignatureScheme.KeyPair;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.EdECPrivateKeySpec;
import java.security.spec.NamedParameterSpec;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import org.bouncycastle.asn1.edec.EdECObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.bc.BcEdECContentSignerBuilder;

/**
 * A node's key in the form that TLS wants: the private key, and a self-signed certificate that says nothing but the public key.
 * Always the same bytes for the same key.
 */
record NodeCertificate(PrivateKey privateKey, X509Certificate certificate) {

    /** The JDK's name for the key algorithm family. */
    static final String KEY_ALGORITHM = "EdDSA";

    private static final X500Name NAME = new X500Name("CN=atlas");
    /** The certificate never expires (RFC 5280, section 4.1.2.5): a node's key is withdrawn by a membership change. */
    private static final Date NOT_BEFORE = Date.from(Instant.parse("2000-01-01T00:00:00Z"));

    private static final Date NOT_AFTER = Date.from(Instant.parse("9999-12-31T23:59:59Z"));

    /** How the encoding of an Ed25519 key (RFC 8410, section 4) begins; the 32 bytes of the key follow. */
    private static final byte[] ED25519_PREFIX = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00
    };

    private static final int ED25519_BYTES = 32;

    /**
     * @throws IllegalArgumentException if the key pair is not an Ed25519 one
     */
    static NodeCertificate of(KeyPair keyPair) {
        Ed25519PrivateKeyParameters secret = new Ed25519PrivateKeyParameters(keyPair.secret());
        byte[] publicKey = keyPair.publicKey().encoded();
        if (!Arrays.equals(secret.generatePublicKey().getEncoded(), publicKey)) {
            throw new IllegalArgumentException("TLS needs an Ed25519 key pair");
        }
        try {
            SubjectPublicKeyInfo keyInfo =
                    new SubjectPublicKeyInfo(new AlgorithmIdentifier(EdECObjectIdentifiers.id_Ed25519), publicKey);
            ContentSigner signer = new BcEdECContentSignerBuilder(
                            new AlgorithmIdentifier(EdECObjectIdentifiers.id_Ed25519))
                    .build(secret);
            byte[] encoded = new X509v3CertificateBuilder(NAME, BigInteger.ONE, NOT_BEFORE, NOT_AFTER, NAME, keyInfo)
                    .build(signer)
                    .getEncoded();
            PrivateKey privateKey = KeyFactory.getInstance("Ed25519")
                    .generatePrivate(new EdECPrivateKeySpec(NamedParameterSpec.ED25519, keyPair.secret()));
            return new NodeCertificate(privateKey, (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(encoded)));
        } catch (OperatorCreationException | IOException | GeneralSecurityException e) {
            throw new IllegalStateException("this JDK cannot make an Ed25519 certificate", e);
        }
    }

    /**
     * The Ed25519 key of a certificate.
     *
     * @throws GeneralSecurityException if it holds a key of another kind
     */
    static PublicKey keyOf(X509Certificate certificate) throws GeneralSecurityException {
        byte[] encoded = certificate.getPublicKey().getEncoded();
        int prefix = ED25519_PREFIX.length;
        if (encoded.length != prefix + ED25519_BYTES || !Arrays.equals(encoded, 0, prefix, ED25519_PREFIX, 0, prefix)) {
            throw new GeneralSecurityException(
                    "not an Ed25519 key: " + certificate.getPublicKey().getAlgorithm());
        }
        return new PublicKey(Arrays.copyOfRange(encoded, prefix, encoded.length));
    }
}
