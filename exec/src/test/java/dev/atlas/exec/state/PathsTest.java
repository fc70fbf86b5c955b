package dev.atlas.exec.state;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PathsTest {

    private static final int COLLECTIONS = 20;

    @Test
    void aKeyThatIsLookedUpAgainIsNotHashedAgain() {
        Paths paths = new Paths();
        for (int size : new int[] {0, 8, 1000}) {
            ByteString key = ByteString.copyFrom(new byte[size]);
            Path first = paths.of(key);
            assertThat(first).isEqualTo(Path.of(key));
            assertThat(paths.of(key)).as("the same object").isSameAs(first);
        }
    }

    @Test
    void keysThatShareASlotHaveTheirOwnPaths() {
        Paths paths = new Paths();
        for (int number = 0; number < 20_000; number++) {
            ByteString key = ByteString.copyFromUtf8("key " + number);
            assertThat(paths.of(key)).isEqualTo(Path.of(key));
            assertThat(paths.of(key)).isEqualTo(Path.of(key));
        }
    }

    @Test
    void aRequestOfWhichAKeyWasASliceIsNotKeptAlive() {
        KeyValueState state = new KeyValueState();
        List<WeakReference<byte[]>> requests = new ArrayList<>();
        for (int number = 0; number < 100; number++) {
            requests.add(askedBySlice(state, (byte) number));
        }
        for (int collection = 0; collection < COLLECTIONS && isAlive(requests); collection++) {
            System.gc();
        }
        assertThat(isAlive(requests)).isFalse();
        assertThat(state.size()).isEqualTo(50);
        Reference.reachabilityFence(state);
    }

    /** Every other one writes. */
    private static WeakReference<byte[]> askedBySlice(KeyValueState state, byte number) {
        byte[] request = new byte[1 << 16];
        request[0] = number;
        ByteString key = UnsafeByteOperations.unsafeWrap(request).substring(0, 8);
        assertThat(state.read("a", key)).isEmpty();
        if (number % 2 == 0) {
            state.update("a", key, key);
        }
        return new WeakReference<>(request);
    }

    private static boolean isAlive(List<WeakReference<byte[]>> requests) {
        return requests.stream().anyMatch(request -> request.get() != null);
    }
}
