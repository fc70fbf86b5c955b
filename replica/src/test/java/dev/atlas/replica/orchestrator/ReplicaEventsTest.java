package dev.atlas.replica.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.atlas.core.execution.ExecutionRequest;
import dev.atlas.core.message.Request;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.types.SessionId;
import dev.atlas.net.concurrent.Mailbox;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.crypto.PublicKey;
import dev.atlas.net.identity.ClientId;
import dev.atlas.replica.storage.InMemoryLog;
import java.util.ArrayDeque;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReplicaEventsTest {

    private static final RequestBundle LARGE = bundle(1, 2_000_000);

    private final ReplicaEvents events = new ReplicaEvents(new Mailbox<>(Lane.class, lane -> 16), new InMemoryLog());
    private final Busy executor = new Busy();

    ReplicaEventsTest() {
        events.executor(executor);
    }

    private static RequestBundle bundle(int client, int size) {
        return new RequestBundle(
                new ClientId(new Digest(client, 0, 0, 0)),
                new PublicKey(new byte[] {(byte) client}),
                List.of(new Request(Request.Kind.ORDERED, new SessionId(1, 0), 1, ByteString.EMPTY)),
                List.of(),
                ByteString.copyFrom(new byte[size]),
                Digest.ZERO);
    }

    /** What is queued when no more of these bundles is taken. */
    private int askUntilDropped(RequestBundle bundle) {
        int before;
        do {
            before = executor.queued.size();
            events.answerAgain(bundle);
        } while (executor.queued.size() > before && before < 1000);
        return before;
    }

    /** As while it installs a state. */
    @Test
    void whatAClientAsksAgainOfABusyExecutorIsBoundedInBytesAndLeavesRoomForOthers() {
        int ofOne = askUntilDropped(LARGE);
        assertThat(ofOne * LARGE.footprint()).isBetween(AskedAgain.BYTES / 4, AskedAgain.BYTES / 2);
        events.answerAgain(bundle(2, 2_000_000));
        assertThat(executor.queued).hasSize(ofOne + 1);
        int ofAll = ofOne + 1;
        for (int client = 3; client < 100; client++) {
            ofAll = askUntilDropped(bundle(client, 2_000_000));
        }
        assertThat(ofAll * LARGE.footprint()).isLessThanOrEqualTo(AskedAgain.BYTES);
    }

    @Test
    void theLargestIsAskedForAgainWhenNothingElseWaits() {
        RequestBundle largest = bundle(2, (int) AskedAgain.BYTES);
        events.answerAgain(LARGE);
        events.answerAgain(largest);
        assertThat(executor.queued).hasSize(1);
        executor.queued.remove().taken().run();
        events.answerAgain(largest);
        assertThat(executor.queued).hasSize(1);
    }

    @Test
    void whatTheExecutorHasTakenUpOrHasRefusedCountsNoLonger() {
        int most = askUntilDropped(LARGE);
        executor.queued.remove().taken().run();
        assertThat(askUntilDropped(LARGE)).isEqualTo(most);
        executor.queued.forEach(waiting -> waiting.taken().run());
        executor.queued.clear();
        executor.full = true;
        for (int asked = 0; asked < 2 * most; asked++) {
            events.answerAgain(LARGE);
        }
        executor.full = false;
        assertThat(askUntilDropped(LARGE)).isEqualTo(most);
    }

    /** Takes nothing up by itself. */
    private static final class Busy extends RefusingExecutor {
        private final ArrayDeque<ExecutionRequest.AnswerAgain> queued = new ArrayDeque<>();
        private boolean full;

        @Override
        public void submit(ExecutionRequest request) {
            throw new AssertionError("pre-processing must not block");
        }

        @Override
        public boolean offer(ExecutionRequest request) {
            return !full && queued.add((ExecutionRequest.AnswerAgain) request);
        }

        @Override
        public List<RequestBundle> offerUnordered(List<RequestBundle> bundles) {
            return bundles;
        }

        @Override
        public int depth() {
            return queued.size();
        }
    }
}
