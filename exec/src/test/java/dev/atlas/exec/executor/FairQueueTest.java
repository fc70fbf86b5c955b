package dev.atlas.exec.executor;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.crypto.PublicKey;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A flood of unordered requests from one client leaves the others their share. */
class FairQueueTest {

    private static final ByteString SHARED = ByteString.copyFrom(new byte[1 << 20]);
    private static final long LARGE_FOOTPRINT = bundle(0, 0, 1 << 20).footprint();

    private final FairQueue queue = new FairQueue();

    /** Large beside its request, as one with an unknown field is. */
    private static RequestBundle bundle(int client, long number, int bytes) {
        return new RequestBundle(
                Driven.client(client),
                new PublicKey(new byte[1]),
                List.of(Driven.unordered(number, ByteString.EMPTY)),
                List.of(),
                SHARED.substring(0, bytes),
                Digest.ZERO);
    }

    private int offerUntilRefused(int client, int bytes) {
        int accepted = 0;
        while (queue.offer(bundle(client, accepted, bytes))) {
            accepted++;
        }
        return accepted;
    }

    @Test
    void clientsTakeTurnsAndEachIsServedInItsOwnOrder() {
        for (int number = 0; number < 3; number++) {
            queue.offer(bundle(0, number, 1));
        }
        queue.offer(bundle(1, 0, 1));
        queue.offer(bundle(2, 0, 1));
        queue.offer(bundle(1, 1, 1));
        List<String> served = new ArrayList<>();
        while (!queue.isEmpty()) {
            RequestBundle next = queue.remove();
            long client = next.client().keyHash().word0() - 1;
            served.add(client + "/" + next.requests().getFirst().number());
        }
        assertThat(served).containsExactly("0/0", "1/0", "2/0", "0/1", "1/1", "0/2");
        assertThat(queue.size()).isZero();
    }

    @Test
    void aFloodIsBoundedAndLeavesRoomForOthers() {
        assertThat(offerUntilRefused(0, 1)).isEqualTo(FairQueue.BUNDLES_PER_CLIENT);
        assertThat(queue.offer(bundle(1, 0, 1))).isTrue();
        queue.remove();
        assertThat(queue.offer(bundle(0, 0, 1))).as("one was taken").isTrue();
        queue.clear();
        assertThat((long) offerUntilRefused(0, 1 << 20)).isEqualTo(FairQueue.BYTES_PER_CLIENT / LARGE_FOOTPRINT);
        assertThat(queue.offer(bundle(1, 0, 1 << 20))).isTrue();
    }

    @Test
    void allTogetherAreBounded() {
        int accepted = 0;
        for (int client = 0; client < 100; client++) {
            accepted += offerUntilRefused(client, 1 << 20);
        }
        assertThat((long) accepted).isEqualTo(FairQueue.BYTES / LARGE_FOOTPRINT);
        queue.clear();
        accepted = 0;
        for (int client = 0; client < 100; client++) {
            accepted += offerUntilRefused(client, 1);
        }
        assertThat(accepted).isEqualTo(queue.size()).isEqualTo(FairQueue.BUNDLES);
    }
}
