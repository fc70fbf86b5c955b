package dev.atlas.net.crypto;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

class HasherTest {

    private final SeededRandom random = new SeededRandom(180);
    private final byte[] bytes = random.bytes(1000);

    private static Digest sha256(byte[] bytes) throws NoSuchAlgorithmException {
        return Digest.of(MessageDigest.getInstance("SHA-256").digest(bytes));
    }

    /** The first two examples of FIPS 180 for SHA-256, and the empty message. */
    @Test
    void isSha256() {
        assertThat(Hasher.hash("abc".getBytes(StandardCharsets.US_ASCII)))
                .hasToString("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assertThat(Hasher.hash(
                        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".getBytes(StandardCharsets.US_ASCII)))
                .hasToString("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
        assertThat(new Hasher().digest())
                .hasToString("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    @Test
    void piecesAreHashedLikeTheWhole() {
        for (int cut = 0; cut <= bytes.length; cut += 37) {
            Digest pieces = new Hasher()
                    .update(bytes, 0, cut)
                    .update(ByteBuffer.wrap(bytes, cut, bytes.length - cut))
                    .digest();
            assertThat(pieces).isEqualTo(Hasher.hash(bytes));
        }
    }

    @Test
    void numbersAndDigestsAreBigEndian() throws NoSuchAlgorithmException {
        Digest digest = Digest.of(random.bytes(Digest.BYTES));
        ByteBuffer expected = ByteBuffer.allocate(3 * Long.BYTES + Digest.BYTES);
        expected.putLong(0x0102030405060708L).putLong(-2);
        digest.write(expected);
        expected.putLong(7);
        assertThat(new Hasher()
                        .update(0x0102030405060708L)
                        .update(-2)
                        .update(digest)
                        .update(7)
                        .digest())
                .isEqualTo(sha256(expected.array()));
    }

    @Test
    void onlyWhatRemainsOfABufferCountsAndItStaysAsItWas() throws NoSuchAlgorithmException {
        byte[] middle = new byte[200];
        System.arraycopy(bytes, 100, middle, 0, 200);
        for (ByteBuffer buffer : List.of(
                ByteBuffer.wrap(bytes),
                ByteBuffer.wrap(bytes).asReadOnlyBuffer(),
                ByteBuffer.allocateDirect(bytes.length).put(bytes))) {
            buffer.limit(300).position(100);
            assertThat(Hasher.hash(buffer)).isEqualTo(sha256(middle));
            assertThat(buffer.position()).isEqualTo(100);
            assertThat(buffer.limit()).isEqualTo(300);
        }
    }

    @Test
    void hashersOnSeveralThreadsDoNotDisturbEachOther() throws Exception {
        Digest expected = Hasher.hash(bytes);
        List<FutureTask<Long>> tasks = new ArrayList<>();
        for (int thread = 0; thread < 4; thread++) {
            FutureTask<Long> task = new FutureTask<>(() -> {
                long wrong = 0;
                for (int round = 0; round < 2000; round++) {
                    wrong += Hasher.hash(bytes).equals(expected) ? 0 : 1;
                }
                return wrong;
            });
            tasks.add(task);
            Thread.ofVirtual().start(task);
        }
        for (FutureTask<Long> task : tasks) {
            assertThat(task.get()).isZero();
        }
    }
}
