package dev.atlas.net.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class DigestTest {

    private final SeededRandom random = new SeededRandom(256);

    @Test
    void bytesGoRoundUnchanged() {
        for (int round = 0; round < 100; round++) {
            byte[] bytes = random.bytes(Digest.BYTES);
            Digest digest = Digest.of(bytes);
            assertThat(digest.toBytes()).isEqualTo(bytes);
            assertThat(Digest.of(digest.toBytes())).isEqualTo(digest).hasSameHashCodeAs(digest);
        }
    }

    @Test
    void readAndWriteAdvanceTheBufferByOneDigest() {
        Digest digest = Digest.of(random.bytes(Digest.BYTES));
        ByteBuffer buffer = ByteBuffer.allocate(Digest.BYTES + 5).position(3);
        digest.write(buffer);
        assertThat(buffer.position()).isEqualTo(3 + Digest.BYTES);
        assertThat(Digest.read(buffer.position(3))).isEqualTo(digest);
        assertThat(buffer.position()).isEqualTo(3 + Digest.BYTES);
    }

    @Test
    void anyOtherLengthIsRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> Digest.of(new byte[31]));
        assertThatIllegalArgumentException().isThrownBy(() -> Digest.of(new byte[33]));
        assertThatExceptionOfType(BufferUnderflowException.class)
                .isThrownBy(() -> Digest.read(ByteBuffer.allocate(31)));
    }

    /** Half of the pairs share a prefix, so that every word decides sometimes. */
    @Test
    void orderIsThatOfUnsignedBytes() {
        for (int round = 0; round < 2000; round++) {
            byte[] first = random.bytes(Digest.BYTES);
            byte[] second = random.bytes(Digest.BYTES);
            System.arraycopy(first, 0, second, 0, (int) random.nextLong(Digest.BYTES + 1));
            int expected = Integer.signum(Arrays.compareUnsigned(first, second));
            assertThat(Integer.signum(Digest.of(first).compareTo(Digest.of(second))))
                    .isEqualTo(expected);
            assertThat(Digest.of(first).equals(Digest.of(second))).isEqualTo(expected == 0);
        }
    }

    @Test
    void zeroIsTheLeast() {
        byte[] ones = new byte[Digest.BYTES];
        Arrays.fill(ones, (byte) 0xff);
        assertThat(Digest.ZERO.toBytes()).containsOnly(0);
        assertThat(Digest.ZERO).isLessThan(Digest.of(ones));
    }

    @Test
    void printsAsHexadecimal() {
        byte[] bytes = new byte[Digest.BYTES];
        bytes[0] = (byte) 0xab;
        bytes[7] = 1;
        bytes[31] = (byte) 0xff;
        assertThat(Digest.of(bytes)).hasToString("ab00000000000001" + "0".repeat(46) + "ff");
        assertThat(Digest.of(bytes).shortHex()).isEqualTo("ab00000000000001");
    }
}
