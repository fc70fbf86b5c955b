package dev.atlas.net.connection;

import static dev.atlas.net.connection.TestNodes.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.net.frame.OutgoingFrame;
import dev.atlas.net.stub.ModuleId;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class OutgoingQueueTest {

    private final OutgoingQueue queue = new OutgoingQueue(
            new NetworkConfig.Buffers(64, 64, 2048, 2048, 2048, 2048), 2048, SharedMemory.unlimited(), TestNodes.CLOCK);

    private static OutgoingFrame frame(ModuleId module, int bytes) {
        return OutgoingFrame.of(module, ByteBuffer.allocate(bytes));
    }

    private List<OutgoingFrame> drained() throws InterruptedException {
        List<OutgoingFrame> frames = new ArrayList<>();
        assertThat(queue.drainTo(frames)).isTrue();
        return frames;
    }

    @Test
    void aFullLaneDropsAndLeavesTheOthersAlone() {
        assertThat(queue.offer(ModuleId.PROTOCOL, frame(ModuleId.PROTOCOL, 1900)))
                .isTrue();
        assertThat(queue.offer(ModuleId.PROTOCOL, frame(ModuleId.PROTOCOL, 100)))
                .isFalse();
        assertThat(queue.offer(ModuleId.APPLICATION, frame(ModuleId.APPLICATION, 100)))
                .isTrue();
    }

    @Test
    void whatTheWriterHasNotWrittenYetStillWaits() throws InterruptedException {
        queue.offer(ModuleId.PROTOCOL, frame(ModuleId.PROTOCOL, 1000));
        queue.offer(ModuleId.APPLICATION, frame(ModuleId.APPLICATION, 100));
        assertThat(queue.bytes(ModuleId.PROTOCOL)).isBetween(1000L, 1100L);
        assertThat(drained()).hasSize(2);
        assertThat(queue.bytes(ModuleId.PROTOCOL)).as("being written").isBetween(1000L, 1100L);
        queue.offer(ModuleId.PROTOCOL, frame(ModuleId.PROTOCOL, 10));
        assertThat(queue.bytes(ModuleId.PROTOCOL)).isBetween(1010L, 1200L);
        assertThat(drained()).hasSize(1);
        assertThat(queue.bytes(ModuleId.PROTOCOL)).as("the first has left").isBetween(10L, 100L);
        assertThat(queue.bytes(ModuleId.STATE_TRANSFER)).isZero();
    }

    @Test
    void anEmptyLaneTakesOneMessageOfAnySize() {
        assertThat(queue.offer(ModuleId.PROTOCOL, frame(ModuleId.PROTOCOL, 100_000)))
                .isTrue();
    }

    @Test
    void aFloodOfEmptyMessagesIsBounded() {
        int taken = 0;
        while (taken < 10_000 && queue.offer(ModuleId.PROTOCOL, frame(ModuleId.PROTOCOL, 0))) {
            taken++;
        }
        assertThat(taken).isLessThan(100);
    }

    @Test
    void theNewestOfASlotSurvivesAFullLane() throws InterruptedException {
        OutgoingFrame vote = frame(ModuleId.PROTOCOL, 2000);
        OutgoingFrame older = frame(ModuleId.PROTOCOL, 1000);
        OutgoingFrame newer = frame(ModuleId.PROTOCOL, 1001);
        OutgoingFrame other = frame(ModuleId.PROTOCOL, 1002);
        assertThat(queue.offer(ModuleId.PROTOCOL, vote)).isTrue();
        assertThat(queue.offerNewest(ModuleId.PROTOCOL, 1, older)).isTrue();
        assertThat(queue.offerNewest(ModuleId.PROTOCOL, 2, other)).isTrue();
        assertThat(queue.offerNewest(ModuleId.PROTOCOL, 1, newer)).isTrue();
        assertThat(drained()).containsExactly(vote, newer, other);
        assertThat(queue.offerNewest(ModuleId.PROTOCOL, 1, older)).isTrue();
        assertThat(drained()).containsExactly(older);
    }

    @Test
    void votesLeaveBeforeATransferThatWasQueuedEarlier() throws InterruptedException {
        OutgoingFrame part = frame(ModuleId.STATE_TRANSFER, 1000);
        OutgoingFrame vote = frame(ModuleId.PROTOCOL, 10);
        queue.offer(ModuleId.STATE_TRANSFER, part);
        queue.offer(ModuleId.PROTOCOL, vote);
        assertThat(drained()).containsExactly(vote, part);
    }

    @Test
    void aFullTransferLaneBlocksItsSenderUntilItDrains() throws InterruptedException {
        queue.offer(ModuleId.STATE_TRANSFER, frame(ModuleId.STATE_TRANSFER, 2000));
        AtomicReference<String> outcome = new AtomicReference<>("blocked");
        Thread sender = Thread.startVirtualThread(() ->
                outcome.set("sent " + queue.offer(ModuleId.STATE_TRANSFER, frame(ModuleId.STATE_TRANSFER, 1000))));
        await("a blocked sender", () -> sender.getState() == Thread.State.WAITING);
        assertThat(outcome.get()).isEqualTo("blocked");
        drained();
        await("the sender", () -> outcome.get().equals("sent true"));
    }

    @Test
    void closingReleasesABlockedSenderAndTheWriter() throws InterruptedException {
        queue.offer(ModuleId.STATE_TRANSFER, frame(ModuleId.STATE_TRANSFER, 2000));
        AtomicReference<String> outcome = new AtomicReference<>("blocked");
        Thread sender = Thread.startVirtualThread(() ->
                outcome.set("sent " + queue.offer(ModuleId.STATE_TRANSFER, frame(ModuleId.STATE_TRANSFER, 1000))));
        await("a blocked sender", () -> sender.getState() == Thread.State.WAITING);
        queue.close();
        await("the sender", () -> outcome.get().equals("sent false"));
        assertThat(queue.drainTo(new ArrayList<>())).isFalse();
    }

    @Test
    void repliesThatNobodyReadsHoldNoMoreThanTheirOwnWhenMemoryIsShort() throws InterruptedException {
        SharedMemory memory = new SharedMemory(10_000);
        NetworkConfig.Buffers buffers = NetworkConfig.Buffers.DEFAULT;
        OutgoingQueue deaf = new OutgoingQueue(buffers, buffers.clientQueue(), memory, TestNodes.CLOCK);
        OutgoingQueue other = new OutgoingQueue(buffers, buffers.clientQueue(), memory, TestNodes.CLOCK);
        while (deaf.offer(ModuleId.APPLICATION, frame(ModuleId.APPLICATION, 1000))) {
            assertThat(deaf.bytes()).isLessThan(2 * SharedMemory.Holding.OWN_BYTES);
        }
        assertThat(deaf.bytes()).isGreaterThan(SharedMemory.Holding.OWN_BYTES);
        assertThat(other.offer(ModuleId.APPLICATION, frame(ModuleId.APPLICATION, 1000)))
                .as("its own part")
                .isTrue();
        assertThat(other.offer(ModuleId.APPLICATION, frame(ModuleId.APPLICATION, 20_000)))
                .as("more than that")
                .isFalse();
        long held = memory.taken();
        assertThat(deaf.drainTo(new ArrayList<>())).isTrue();
        assertThat(memory.taken()).as("still in the writer's hands").isEqualTo(held);
        deaf.heartbeat();
        assertThat(deaf.drainTo(new ArrayList<>())).isTrue();
        assertThat(memory.taken()).as("written").isZero();
        assertThat(other.offer(ModuleId.APPLICATION, frame(ModuleId.APPLICATION, 20_000)))
                .isTrue();
        other.close();
        assertThat(memory.taken()).isZero();
    }

    @Test
    void aHeartbeatIsSentOnlyWhenNothingElseIs() throws InterruptedException {
        queue.heartbeat();
        assertThat(drained()).containsExactly(OutgoingFrame.HEARTBEAT);
        OutgoingFrame vote = frame(ModuleId.PROTOCOL, 10);
        queue.offer(ModuleId.PROTOCOL, vote);
        queue.heartbeat();
        assertThat(drained()).containsExactly(vote);
    }
}
