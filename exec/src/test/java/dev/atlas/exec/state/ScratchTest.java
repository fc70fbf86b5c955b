package dev.atlas.exec.state;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.atlas.net.crypto.Hasher;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class ScratchTest {

    private static final int STACK_BYTES = 192 * 1024;
    private static final int FALLS = 1000;

    /** What an execution that is thrown away does before it is: it reads from the state on its way down, until there is no stack any more. */
    private static int fall(List<ByteString> keys, int depth, int padding) {
        if (padding > 0) {
            return fall(keys, depth, padding - 1) + 1;
        }
        return Path.of(keys.get(depth % keys.size())).digit(0) + fall(keys, depth + 1, 0);
    }

    /** Where in a hash the stack ends is another place in each fall. */
    @Test
    @Timeout(60)
    void theStacksEndInTheMiddleOfAHashLeavesNothingBehindForTheNext() throws Exception {
        List<ByteString> keys = new ArrayList<>();
        for (int size : new int[] {0, 1, 55, 64, 100, 200, 2000}) {
            byte[] key = new byte[size];
            new Random(size).nextBytes(key);
            keys.add(ByteString.copyFrom(key));
        }
        List<Long> expected =
                keys.stream().map(key -> Hasher.hash(key.toByteArray()).word0()).toList();
        List<String> wrong = new ArrayList<>();
        Thread falling = new Thread(
                null,
                () -> {
                    for (int time = 0; time < FALLS; time++) {
                        try {
                            fall(keys, time, time % 61);
                            wrong.add("it ended");
                        } catch (StackOverflowError end) {
                            ByteString next = keys.get(time % keys.size());
                            if (Path.of(next).bits() != expected.get(time % keys.size())) {
                                wrong.add("after fall " + time);
                            }
                        }
                    }
                },
                "falling",
                STACK_BYTES);
        falling.start();
        falling.join();
        assertThat(wrong).isEmpty();
    }
}
