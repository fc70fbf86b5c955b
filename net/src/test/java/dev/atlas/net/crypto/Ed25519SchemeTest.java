package dev.atlas.net.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.atlas.net.crypto.SignatureScheme.KeyPair;
import dev.atlas.net.crypto.SignatureScheme.Verifier;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class Ed25519SchemeTest {

    /** The order of the base point: 2^252 + 27742317777372353535851937790883648493 (RFC 8032, section 5.1). */
    private static final BigInteger ORDER =
            BigInteger.TWO.pow(252).add(new BigInteger("27742317777372353535851937790883648493"));

    private static final int SCALAR_OFFSET = 32;
    private static final int SIGNATURE_BYTES = 64;

    private final Ed25519Scheme scheme = new Ed25519Scheme();
    private final SeededRandom random = new SeededRandom(8032);
    private final KeyPair keys = scheme.generate(random);
    private final Verifier verifier = scheme.verifier(keys.publicKey());
    private final byte[] message = random.bytes(100);
    private final byte[] signature = keys.sign(message);

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text);
    }

    private static byte[] withFlippedBit(byte[] bytes, int bit) {
        byte[] changed = bytes.clone();
        changed[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
        return changed;
    }

    /** RFC 8032, section 7.1, TEST 1 to 3. */
    @ParameterizedTest
    @CsvSource({
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60,"
                + "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a,"
                + "'',"
                + "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
                + "d25bf5f0595bbe24655141438e7a100b",
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb,"
                + "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c,"
                + "72,"
                + "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
                + "387b2eaeb4302aeeb00d291612bb0c00",
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7,"
                + "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025,"
                + "af82,"
                + "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
                + "4a7c15e9716ed28dc027beceea1ec40a",
    })
    void agreesWithTheTestVectors(String secret, String publicKey, String text, String expected) {
        KeyPair pair = scheme.fromSecret(hex(secret));
        assertThat(pair.publicKey()).hasToString(publicKey);
        assertThat(pair.sign(hex(text))).isEqualTo(hex(expected));
        assertThat(scheme.verifier(new PublicKey(hex(publicKey))).verify(hex(text), hex(expected)))
                .isTrue();
    }

    @Test
    void signingIsDeterministic() {
        assertThat(keys.sign(message)).isEqualTo(signature);
        assertThat(scheme.fromSecret(keys.secret()).sign(message)).isEqualTo(signature);
    }

    @Test
    void generatedKeysDiffer() {
        assertThat(scheme.generate(random).publicKey()).isNotEqualTo(keys.publicKey());
    }

    @Test
    void aChangeOfAnyBitOfTheSignatureIsNoticed() {
        assertThat(verifier.verify(message, signature)).isTrue();
        for (int bit = 0; bit < SIGNATURE_BYTES * Byte.SIZE; bit++) {
            assertThat(verifier.verify(message, withFlippedBit(signature, bit)))
                    .as("bit %d", bit)
                    .isFalse();
        }
    }

    @Test
    void aChangeOfTheMessageIsNoticed() {
        for (int bit = 0; bit < message.length * Byte.SIZE; bit++) {
            assertThat(verifier.verify(withFlippedBit(message, bit), signature))
                    .as("bit %d", bit)
                    .isFalse();
        }
        assertThat(verifier.verify(Arrays.copyOf(message, message.length - 1), signature))
                .isFalse();
        assertThat(verifier.verify(Arrays.copyOf(message, message.length + 1), signature))
                .isFalse();
    }

    @Test
    void anotherKeysSignatureIsRefused() {
        assertThat(verifier.verify(message, scheme.generate(random).sign(message)))
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 31, 32, 63, 65, 128, 100_000})
    void aSignatureOfAnotherLengthIsRefused(int length) {
        assertThat(verifier.verify(message, Arrays.copyOf(signature, length))).isFalse();
    }

    @Test
    void noiseIsNoSignature() {
        for (int round = 0; round < 500; round++) {
            assertThat(verifier.verify(message, random.bytes(SIGNATURE_BYTES))).isFalse();
        }
        byte[] ones = new byte[SIGNATURE_BYTES];
        Arrays.fill(ones, (byte) 0xff);
        assertThat(verifier.verify(message, ones)).isFalse();
        assertThat(verifier.verify(message, new byte[SIGNATURE_BYTES])).isFalse();
    }

    /** RFC 8032, section 8.4: without the bound on S, a second signature of the same message is made from the first. */
    @Test
    void aSignatureHasOneFormOnly() {
        byte[] littleEndian = Arrays.copyOfRange(signature, SCALAR_OFFSET, SIGNATURE_BYTES);
        BigInteger sum = new BigInteger(1, reversed(littleEndian)).add(ORDER);
        byte[] bigEndian = HexFormat.of().parseHex(String.format("%064x", sum));
        byte[] second = signature.clone();
        System.arraycopy(reversed(bigEndian), 0, second, SCALAR_OFFSET, SCALAR_OFFSET);
        assertThat(second).isNotEqualTo(signature);
        assertThat(verifier.verify(message, second)).isFalse();
    }

    private static byte[] reversed(byte[] bytes) {
        byte[] result = new byte[bytes.length];
        for (int index = 0; index < bytes.length; index++) {
            result[index] = bytes[bytes.length - 1 - index];
        }
        return result;
    }

    /** Under a key of small order one signature fits many messages. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "0100000000000000000000000000000000000000000000000000000000000000", // the neutral element
                "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // order 2
                "0000000000000000000000000000000000000000000000000000000000000000", // order 4
                "0000000000000000000000000000000000000000000000000000000000000080", // order 4
                "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", // order 8
                "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", // order 8
            })
    void keysOfSmallOrderAreRefused(String key) {
        assertThatIllegalArgumentException().isThrownBy(() -> scheme.verifier(new PublicKey(hex(key))));
    }

    /** RFC 8032, section 5.1.3: y is below p, and x = 0 has no sign. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // y = p
                "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // y = p + 1
                "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
                "0100000000000000000000000000000000000000000000000000000000000080", // x = -0
                "0200000000000000000000000000000000000000000000000000000000000000", // no point has this y
            })
    void encodingsThatAreNotCanonicalAreRefused(String key) {
        assertThatIllegalArgumentException().isThrownBy(() -> scheme.verifier(new PublicKey(hex(key))));
    }

    @Test
    void keysAndSecretsOfAnotherLengthAreRefused() {
        for (int length : List.of(1, 31, 33, 64)) {
            assertThatIllegalArgumentException().isThrownBy(() -> scheme.verifier(new PublicKey(new byte[length])));
            assertThatIllegalArgumentException().isThrownBy(() -> scheme.fromSecret(new byte[length]));
        }
        assertThatIllegalArgumentException().isThrownBy(() -> scheme.fromSecret(new byte[0]));
    }

    /** About half of all encodings are points, and one in eight of those has the order of the base point. */
    @Test
    void anyBytesAreAKeyOrRefused() {
        int accepted = 0;
        for (int round = 0; round < 400; round++) {
            PublicKey claimed = new PublicKey(random.bytes(32));
            try {
                assertThat(scheme.verifier(claimed).verify(message, signature)).isFalse();
                accepted++;
            } catch (IllegalArgumentException refused) {
                assertThat(refused).hasMessageContaining(claimed.toString());
            }
        }
        assertThat(accepted).isBetween(1, 100);
    }

    @Test
    void whatItHandsOutCannotChangeIt() {
        Arrays.fill(keys.secret(), (byte) 0);
        Arrays.fill(keys.publicKey().encoded(), (byte) 0);
        assertThat(keys.sign(message)).isEqualTo(signature);
        byte[] secret = random.bytes(32);
        KeyPair restored = scheme.fromSecret(secret);
        byte[] before = restored.sign(message);
        Arrays.fill(secret, (byte) 0);
        assertThat(restored.sign(message)).isEqualTo(before);
    }
}
