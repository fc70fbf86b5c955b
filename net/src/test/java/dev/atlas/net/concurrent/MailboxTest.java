package dev.atlas.net.concurrent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

@Timeout(value = 30, threadMode = ThreadMode.SEPARATE_THREAD)
class MailboxTest {

    private enum Lane {
        FIRST,
        SECOND,
        THIRD,
        FOURTH,
        LAST
    }

    private final Mailbox<Lane, String> mailbox = new Mailbox<>(Lane.class, lane -> 100);

    private void fill(Lane lane, int count) {
        for (int number = 0; number < count; number++) {
            assertThat(mailbox.offer(lane, lane + "-" + number)).isTrue();
        }
    }

    private static List<String> numbered(Lane lane, int from, int to) {
        return IntStream.range(from, to).mapToObj(number -> lane + "-" + number).toList();
    }

    private List<String> drained(int most) throws InterruptedException {
        List<String> target = new ArrayList<>();
        assertThat(mailbox.drain(target, most)).isTrue();
        return target;
    }

    /** Runs a call that may block; the thread is the task's own. */
    private static <T> FutureTask<T> inBackground(Callable<T> call, List<Thread> threads) {
        FutureTask<T> task = new FutureTask<>(call);
        threads.add(Thread.ofVirtual().start(task));
        return task;
    }

    private static <T> FutureTask<T> inBackground(Callable<T> call) {
        return inBackground(call, new ArrayList<>());
    }

    private static void awaitBlocked(Thread thread) {
        while (thread.getState() != Thread.State.WAITING) {
            assertThat(thread.getState()).isNotEqualTo(Thread.State.TERMINATED);
            Thread.onSpinWait();
        }
    }

    @Test
    void aLaneKeepsItsOrderAcrossDrains() throws InterruptedException {
        fill(Lane.SECOND, 20);
        List<String> all = new ArrayList<>(drained(7));
        all.addAll(drained(7));
        fill(Lane.FIRST, 3);
        all.addAll(drained(50));
        all.removeIf(message -> message.startsWith("FIRST"));
        assertThat(all).containsExactlyElementsOf(numbered(Lane.SECOND, 0, 20));
    }

    @Test
    void whatIsPreferredComesFirst() throws InterruptedException {
        fill(Lane.LAST, 2);
        fill(Lane.SECOND, 2);
        fill(Lane.FIRST, 2);
        assertThat(drained(20)).containsExactly("FIRST-0", "FIRST-1", "SECOND-0", "SECOND-1", "LAST-0", "LAST-1");
    }

    @Test
    void aBusyLaneGetsHalfOfTheRoomThatIsLeft() throws InterruptedException {
        for (Lane lane : Lane.values()) {
            fill(lane, 100);
        }
        List<String> batch = drained(64);
        assertThat(batch).hasSize(64);
        assertThat(batch.subList(0, 32)).isEqualTo(numbered(Lane.FIRST, 0, 32));
        assertThat(batch.subList(32, 48)).isEqualTo(numbered(Lane.SECOND, 0, 16));
    }

    @Test
    void noLaneStarvesHoweverSmallTheBatch() throws InterruptedException {
        for (int most = Lane.values().length; most <= 16; most++) {
            for (Lane lane : Lane.values()) {
                while (mailbox.offer(lane, lane.name())) {
                    assertThat(mailbox.depth(lane)).isPositive();
                }
            }
            assertThat(drained(most)).hasSize(most).contains("FIRST", "SECOND", "THIRD", "FOURTH", "LAST");
        }
    }

    @Test
    void roomThatOthersDoNotUseIsFilled() throws InterruptedException {
        fill(Lane.FIRST, 10);
        fill(Lane.LAST, 1);
        List<String> expected = new ArrayList<>(numbered(Lane.FIRST, 0, 4));
        expected.add("LAST-0");
        expected.addAll(numbered(Lane.FIRST, 4, 7));
        assertThat(drained(8)).isEqualTo(expected);
    }

    @Test
    void aDrainWithoutAPlaceForEachLaneIsRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> mailbox.drain(new ArrayList<>(), 4));
    }

    @Test
    void aFullLaneRefusesItsOwnProducersOnly() throws InterruptedException {
        fill(Lane.SECOND, 100);
        assertThat(mailbox.offer(Lane.SECOND, "one too many")).isFalse();
        assertThat(mailbox.depth(Lane.SECOND)).isEqualTo(100);
        assertThat(mailbox.offer(Lane.THIRD, "another lane")).isTrue();
        assertThat(drained(200)).hasSize(101).doesNotContain("one too many");
    }

    @Test
    void offerAllTakesWhatFitsFromTheFirst() throws InterruptedException {
        fill(Lane.FIRST, 97);
        assertThat(mailbox.offerAll(Lane.FIRST, List.of("a", "b", "c", "d"))).isEqualTo(3);
        assertThat(mailbox.offerAll(Lane.FIRST, List.of("e"))).isZero();
        assertThat(drained(200).subList(97, 100)).containsExactly("a", "b", "c");
    }

    @Test
    void capacityIsPerLaneAndAtLeastOne() {
        Mailbox<Lane, String> small = new Mailbox<>(Lane.class, lane -> lane.ordinal() + 1);
        assertThat(small.offerAll(Lane.LAST, Collections.nCopies(9, "x"))).isEqualTo(5);
        assertThat(small.offerAll(Lane.FIRST, Collections.nCopies(9, "x"))).isEqualTo(1);
        assertThatIllegalArgumentException().isThrownBy(() -> new Mailbox<>(Lane.class, Lane::ordinal));
    }

    @Test
    void putWaitsForRoomInItsLane() throws Exception {
        fill(Lane.FIRST, 100);
        List<Thread> threads = new ArrayList<>();
        FutureTask<Boolean> put = inBackground(() -> mailbox.put(Lane.FIRST, "late"), threads);
        awaitBlocked(threads.getFirst());
        assertThat(mailbox.depth(Lane.FIRST)).isEqualTo(100);
        drained(5);
        assertThat(put.get(10, TimeUnit.SECONDS)).isTrue();
        assertThat(drained(200)).endsWith("late");
    }

    @Test
    void anInterruptEndsAPutThatWaits() {
        fill(Lane.FIRST, 100);
        List<Thread> threads = new ArrayList<>();
        FutureTask<Boolean> put = inBackground(() -> mailbox.put(Lane.FIRST, "never"), threads);
        awaitBlocked(threads.getFirst());
        threads.getFirst().interrupt();
        assertThatThrownBy(() -> put.get(10, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(InterruptedException.class);
        assertThat(mailbox.depth(Lane.FIRST)).isEqualTo(100);
    }

    @Test
    void anInterruptedConsumerLosesNothing() throws Exception {
        List<Thread> threads = new ArrayList<>();
        FutureTask<List<String>> drain = inBackground(() -> drained(10), threads);
        awaitBlocked(threads.getFirst());
        threads.getFirst().interrupt();
        assertThatThrownBy(() -> drain.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(InterruptedException.class);
        FutureTask<List<String>> again = inBackground(() -> drained(10));
        fill(Lane.FIRST, 1);
        assertThat(again.get(10, TimeUnit.SECONDS)).containsExactly("FIRST-0");
    }

    @Test
    void anyLaneWakesTheConsumer() throws Exception {
        for (Lane lane : Lane.values()) {
            List<Thread> threads = new ArrayList<>();
            FutureTask<List<String>> drain = inBackground(() -> drained(10), threads);
            awaitBlocked(threads.getFirst());
            fill(lane, 1);
            assertThat(drain.get(10, TimeUnit.SECONDS)).containsExactly(lane + "-0");
        }
    }

    @Test
    void lanesThatAreLeftOutKeepWhatTheyHoldAndWakeNobody() throws Exception {
        fill(Lane.THIRD, 100);
        fill(Lane.SECOND, 2);
        List<String> taken = new ArrayList<>();
        assertThat(mailbox.drainThrough(Lane.SECOND, taken, 10)).isTrue();
        assertThat(taken).containsExactly("SECOND-0", "SECOND-1");
        List<Thread> threads = new ArrayList<>();
        FutureTask<Boolean> drain = inBackground(() -> mailbox.drainThrough(Lane.SECOND, taken, 10), threads);
        awaitBlocked(threads.getFirst());
        fill(Lane.LAST, 1);
        FutureTask<Boolean> put = inBackground(() -> mailbox.put(Lane.THIRD, "waits"), threads);
        awaitBlocked(threads.getLast());
        fill(Lane.FIRST, 1);
        assertThat(drain.get(10, TimeUnit.SECONDS)).isTrue();
        assertThat(taken).containsExactly("SECOND-0", "SECOND-1", "FIRST-0");
        assertThat(put.isDone()).isFalse();
        assertThat(drained(200)).hasSize(101).endsWith("LAST-0");
        assertThat(put.get(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void whoLeavesLanesOutIsAtTheEndWhenTheMailboxIsClosed() throws InterruptedException {
        fill(Lane.SECOND, 1);
        fill(Lane.THIRD, 1);
        mailbox.close();
        List<String> taken = new ArrayList<>();
        assertThat(mailbox.drainThrough(Lane.SECOND, taken, 10)).isTrue();
        assertThat(mailbox.drainThrough(Lane.SECOND, taken, 10)).isFalse();
        assertThat(taken).containsExactly("SECOND-0");
        assertThat(drained(10)).containsExactly("THIRD-0");
    }

    @Test
    void closeWakesTheConsumer() throws Exception {
        List<Thread> threads = new ArrayList<>();
        FutureTask<Boolean> drain = inBackground(() -> mailbox.drain(new ArrayList<>(), 10), threads);
        awaitBlocked(threads.getFirst());
        mailbox.close();
        assertThat(drain.get(10, TimeUnit.SECONDS)).isFalse();
    }

    @Test
    void closeWakesEveryProducerThatWaits() throws Exception {
        fill(Lane.FIRST, 100);
        fill(Lane.LAST, 100);
        List<Thread> threads = new ArrayList<>();
        List<FutureTask<Boolean>> puts = new ArrayList<>();
        for (Lane lane : List.of(Lane.FIRST, Lane.FIRST, Lane.LAST)) {
            puts.add(inBackground(() -> mailbox.put(lane, "refused"), threads));
        }
        threads.forEach(MailboxTest::awaitBlocked);
        mailbox.close();
        for (FutureTask<Boolean> put : puts) {
            assertThat(put.get(10, TimeUnit.SECONDS)).isFalse();
        }
    }

    @Test
    void closeRefusesWhatComesAndKeepsWhatWasTaken() throws InterruptedException {
        fill(Lane.THIRD, 6);
        mailbox.close();
        assertThat(mailbox.offer(Lane.FIRST, "x")).isFalse();
        assertThat(mailbox.put(Lane.FIRST, "x")).isFalse();
        assertThat(mailbox.offerAll(Lane.FIRST, List.of("x"))).isZero();
        List<String> rest = new ArrayList<>(drained(5));
        rest.addAll(drained(5));
        assertThat(rest).isEqualTo(numbered(Lane.THIRD, 0, 6));
        assertThat(mailbox.drain(rest, 5)).isFalse();
    }

    /** Small lanes, so that producers wait and wake all the time. */
    @Test
    void nothingIsLostOrReorderedUnderSeveralProducers() throws Exception {
        int producers = 6;
        int each = 20_000;
        Mailbox<Lane, long[]> small = new Mailbox<>(Lane.class, lane -> 16);
        CountDownLatch start = new CountDownLatch(1);
        List<FutureTask<Integer>> running = new ArrayList<>();
        for (int producer = 0; producer < producers; producer++) {
            int self = producer;
            running.add(inBackground(() -> produce(small, start, self, each)));
        }
        CompletableFuture<Void> allProduced = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try {
                for (FutureTask<Integer> task : running) {
                    assertThat(task.get()).isEqualTo(each);
                }
                allProduced.complete(null);
            } catch (Exception | AssertionError failure) {
                allProduced.completeExceptionally(failure);
            }
            small.close();
        });
        start.countDown();

        long[] next = new long[producers];
        List<long[]> batch = new ArrayList<>();
        while (small.drain(batch, 32)) {
            assertThat(batch).hasSizeBetween(1, 32);
            for (long[] message : batch) {
                assertThat(message[1]).isEqualTo(next[(int) message[0]]++);
            }
            batch.clear();
        }
        assertThat(next).containsOnly(each);
        allProduced.get(10, TimeUnit.SECONDS);
    }

    /** By all three ways in turn; a producer stays in one lane, where order holds. */
    private static int produce(Mailbox<Lane, long[]> mailbox, CountDownLatch start, int self, int count)
            throws InterruptedException {
        Lane lane = Lane.values()[self % Lane.values().length];
        start.await();
        int number = 0;
        while (number < count) {
            long[] message = {self, number};
            boolean taken = switch (number % 3) {
                case 0 -> mailbox.offer(lane, message);
                case 1 -> mailbox.offerAll(lane, List.of(message)) == 1;
                default -> false;
            };
            if (taken || mailbox.put(lane, message)) {
                number++;
            }
        }
        return number;
    }
}
