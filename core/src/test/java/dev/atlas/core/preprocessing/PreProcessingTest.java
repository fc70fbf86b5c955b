package dev.atlas.core.preprocessing;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.atlas.core.message.Batch;
import dev.atlas.core.message.Batches;
import dev.atlas.core.message.Request;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.types.SessionId;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.crypto.Hasher;
import dev.atlas.net.crypto.PublicKey;
import dev.atlas.net.identity.ClientId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Bodies, batches and timeouts, without threads. */
class PreProcessingTest {

    private static final PreProcessingConfig CONFIG =
            new PreProcessingConfig(1, 10, 4, 1000, 100, 3, 1000, 2, Duration.ofSeconds(1));
    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private final List<String> heard = new ArrayList<>();
    private final PreProcessingListener listener = new PreProcessingListener() {
        @Override
        public void workWaiting() {
            heard.add("work");
        }

        @Override
        public void bodiesHeld(Digest batch, boolean verified) {
            heard.add("held " + batch.shortHex() + " " + verified);
        }

        @Override
        public void requestsLate(long view, List<RequestBundle> bundles) {}

        @Override
        public void requestTimedOut(long view) {}

        @Override
        public boolean unordered(List<RequestBundle> bundles) {
            return true;
        }

        @Override
        public void answerAgain(RequestBundle bundle) {}
    };
    private final BodyStore bodies = new BodyStore(CONFIG, listener);
    private final Batcher batcher = new Batcher(CONFIG, listener);
    private final RequestTimeouts timeouts = new RequestTimeouts(CONFIG);

    // ---- batches ----

    @Test
    void clientsTakeTurnsWhateverOneOfThemSends() {
        for (int number = 0; number < 10; number++) {
            batcher.add(bundle(1, number, 1));
        }
        batcher.add(bundle(2, 0, 1));
        assertThat(batcher.next(5).orElseThrow().bundles())
                .containsSubsequence(bundle(1, 0, 1).digest(), bundle(2, 0, 1).digest())
                .hasSize(4);
    }

    @Test
    void aBatchEndsAtItsLimitOfRequestsAndAnOversizedBundleGoesAlone() {
        batcher.add(bundle(1, 0, 3));
        batcher.add(bundle(1, 1, 3));
        batcher.add(bundle(1, 2, 9));
        assertThat(batcher.next(5).orElseThrow().bundles()).hasSize(1);
        assertThat(batcher.next(5).orElseThrow().bundles()).hasSize(1);
        assertThat(batcher.next(5).orElseThrow().bundles())
                .containsExactly(bundle(1, 2, 9).digest());
        assertThat(batcher.next(5)).isEmpty();
    }

    @Test
    void workIsAnnouncedOnceUntilTheBatcherWasEmptied() {
        batcher.add(bundle(1, 0, 1));
        batcher.add(bundle(1, 1, 1));
        assertThat(heard).containsExactly("work");
        batcher.next(5);
        batcher.add(bundle(1, 2, 1));
        assertThat(heard).containsExactly("work", "work");
    }

    @Test
    void whatComesBackIsProposedAgainUnlessItWasDecided() {
        batcher.add(bundle(1, 0, 1));
        batcher.add(bundle(1, 1, 1));
        Batch batch = batcher.next(5).orElseThrow();
        batcher.decided(List.of(bundle(1, 0, 1)));
        batcher.takeBack(batch);
        assertThat(batcher.next(6).map(Batch::bundles))
                .isEqualTo(Optional.of(List.of(bundle(1, 1, 1).digest())));
    }

    @Test
    void whatIsDecidedElsewhereLeavesTheQueue() {
        batcher.add(bundle(1, 0, 1));
        batcher.decided(List.of(bundle(1, 0, 1)));
        assertThat(batcher.next(5)).isEmpty();
        assertThat(batcher.size()).isZero();
    }

    // ---- bodies ----

    @Test
    void anAwaitedBatchIsHeldWhenItsLastBodyArrives() {
        Batch batch =
                Batches.of(1, List.of(bundle(1, 0, 1).digest(), bundle(1, 1, 1).digest()));
        bodies.await(batch, true);
        bodies.addVerified(bundle(1, 0, 1), true);
        assertThat(bodies.missing(batch.digest()))
                .containsExactly(bundle(1, 1, 1).digest());
        assertThat(heard).isEmpty();
        bodies.addVerified(bundle(1, 1, 1), true);
        assertThat(heard).containsExactly("held " + batch.digest().shortHex() + " true");
        assertThat(bodies.bundles(batch)).containsExactly(bundle(1, 0, 1), bundle(1, 1, 1));
    }

    @Test
    void anUnverifiedBodyCountsForADecidedBatchOnly() {
        Batch batch = Batches.of(1, List.of(bundle(1, 0, 1).digest()));
        bodies.await(batch, true);
        bodies.addUnverified(bundle(1, 0, 1));
        assertThat(heard).isEmpty();
        bodies.await(batch, false);
        bodies.addUnverified(bundle(1, 0, 1));
        assertThat(heard).containsExactly("held " + batch.digest().shortHex() + " false");
    }

    @Test
    void aBodyStaysWhileABatchNamesItOrItWaitsToBeOrdered() {
        RequestBundle bundle = bundle(1, 0, 1);
        Batch batch = Batches.of(1, List.of(bundle.digest()));
        bodies.addVerified(bundle, true);
        bodies.await(batch, true);
        bodies.ordered(List.of(bundle));
        assertThat(bodies.isHeld(bundle.digest())).isTrue();
        bodies.release(batch.digest());
        assertThat(bodies.isHeld(bundle.digest())).isFalse();
    }

    @Test
    void aBodyThatArrivedAfterItsBatchIsKeptForItToo() {
        RequestBundle bundle = bundle(1, 0, 1);
        Batch batch = Batches.of(1, List.of(bundle.digest()));
        bodies.await(batch, true);
        bodies.addVerified(bundle, true);
        bodies.ordered(List.of(bundle));
        assertThat(bodies.isHeld(bundle.digest())).isTrue();
        bodies.release(batch.digest());
        assertThat(bodies.isHeld(bundle.digest())).isFalse();
    }

    @Test
    void aClientOverItsQuotaIsRefusedAndOthersAreNot() {
        for (int number = 0; number < CONFIG.pendingPerClient(); number++) {
            assertThat(bodies.addVerified(bundle(1, number, 1), true)).isEqualTo(BodyStore.Added.NEW);
        }
        assertThat(bodies.addVerified(bundle(1, 9, 1), true)).isEqualTo(BodyStore.Added.OVER_QUOTA);
        assertThat(bodies.addVerified(bundle(2, 0, 1), true)).isEqualTo(BodyStore.Added.NEW);
        assertThat(bodies.addVerified(bundle(1, 9, 1), false)).as("forwarded").isEqualTo(BodyStore.Added.NEW);
        bodies.ordered(List.of(bundle(1, 0, 1), bundle(1, 1, 1)));
        assertThat(bodies.addVerified(bundle(1, 8, 1), true)).isEqualTo(BodyStore.Added.NEW);
    }

    // ---- timeouts ----

    @Test
    void aRequestIsLateAtHalfItsTimeoutOnceAndTimedOutAtTheWhole() {
        timeouts.add(bundle(1, 0, 1), 0);
        assertThat(timeouts.look(SECOND / 2 - 1).late()).isEmpty();
        assertThat(timeouts.look(SECOND / 2).late()).containsExactly(bundle(1, 0, 1));
        assertThat(timeouts.look(SECOND / 2 + 1).late()).isEmpty();
        assertThat(timeouts.look(SECOND - 1).timedOut()).isFalse();
        assertThat(timeouts.look(SECOND).timedOut()).isTrue();
    }

    @Test
    void anOrderedRequestIsNotTimedAnyLonger() {
        timeouts.add(bundle(1, 0, 1), 0);
        timeouts.ordered(List.of(bundle(1, 0, 1)), 1);
        assertThat(timeouts.look(5 * SECOND).timedOut()).isFalse();
    }

    @Test
    void whatWaitsBehindAnotherOfItsClientIsTimedFromWhenItIsTheOldest() {
        timeouts.add(bundle(1, 0, 1), 0);
        timeouts.add(bundle(1, 1, 1), 0);
        timeouts.ordered(List.of(bundle(1, 0, 1)), SECOND - 1);
        assertThat(timeouts.look(2 * SECOND - 2).timedOut()).isFalse();
        assertThat(timeouts.look(2 * SECOND - 1).timedOut()).isTrue();
    }

    @Test
    void timingPausesWithoutAViewAndBeginsAnewInTheNext() {
        timeouts.add(bundle(1, 0, 1), 0);
        timeouts.leaveView();
        assertThat(timeouts.look(5 * SECOND).timedOut()).isFalse();
        timeouts.enterView(3, 5 * SECOND);
        assertThat(timeouts.look(6 * SECOND - 1).timedOut()).isFalse();
        assertThat(timeouts.look(6 * SECOND)).matches(due -> due.timedOut() && due.view() == 3);
    }

    @Test
    void onlyTheOldestOfAClientAreTimed() {
        for (int number = 0; number < 5; number++) {
            timeouts.add(bundle(1, number, 1), number);
        }
        assertThat(timeouts.look(SECOND).late()).containsExactly(bundle(1, 0, 1), bundle(1, 1, 1));
    }

    private static RequestBundle bundle(int client, int number, int requests) {
        List<Request> content = new ArrayList<>();
        for (int request = 0; request < requests; request++) {
            content.add(new Request(Request.Kind.ORDERED, new SessionId(1, 0), request, ByteString.EMPTY));
        }
        ByteString envelope = ByteString.copyFrom(new byte[] {(byte) client, (byte) number, (byte) requests});
        return new RequestBundle(
                new ClientId(new Digest(client, 0, 0, 0)),
                new PublicKey(new byte[] {(byte) client}),
                content,
                List.of(),
                envelope,
                Hasher.hash(envelope.asReadOnlyByteBuffer()));
    }
}
