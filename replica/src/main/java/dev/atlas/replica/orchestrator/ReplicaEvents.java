package dev.atlas.replica.orchestrator;

import dev.atlas.core.execution.AnsweredNumbers;
import dev.atlas.core.execution.CheckpointSnapshot;
import dev.atlas.core.execution.ExecutionListener;
import dev.atlas.core.execution.ExecutionRequest;
import dev.atlas.core.execution.ExecutorHandle;
import dev.atlas.core.execution.StateTransferPort;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.ordering.OrderingEvent;
import dev.atlas.core.preprocessing.PreProcessingListener;
import dev.atlas.core.preprocessing.RequestPreProcessor;
import dev.atlas.core.storage.PersistentLog;
import dev.atlas.net.concurrent.Mailbox;
import dev.atlas.net.crypto.Digest;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Carries what pre-processing and executor report to whom it concerns. Both are set before anything is started. */
final class ReplicaEvents implements ExecutionListener, PreProcessingListener {

    private final Mailbox<Lane, Letter> mailbox;
    private final PersistentLog log;
    private final AskedAgain askedAgain = new AskedAgain();
    private @Nullable ExecutorHandle executor;
    private @Nullable StateTransferPort states;
    private @Nullable RequestPreProcessor requests;

    ReplicaEvents(Mailbox<Lane, Letter> mailbox, PersistentLog log) {
        this.mailbox = mailbox;
        this.log = log;
    }

    <E extends ExecutorHandle & StateTransferPort> void executor(E handle) {
        executor = handle;
        states = handle;
    }

    void requests(RequestPreProcessor preProcessor) {
        requests = preProcessor;
    }

    @Override
    public void checkpoint(long sequence, Digest chain, Digest stateDigest) {
        Optional<CheckpointSnapshot> state = states == null ? Optional.empty() : states.checkpoint(sequence);
        log.checkpoint(
                state,
                () -> mailbox.offer(
                        Lane.CONTROL,
                        new Letter.Happened(
                                now -> new OrderingEvent.CheckpointTaken(now, sequence, chain, stateDigest))));
    }

    @Override
    public void installedCheckpoint(long sequence) {
        if (states != null) {
            states.checkpoint(sequence).ifPresent(log::installed);
        }
    }

    @Override
    public void installed(AnsweredNumbers answered) {
        if (requests != null) {
            requests.installed(answered);
        }
    }

    @Override
    public void failed(Throwable cause) {
        mailbox.offer(Lane.CONTROL, new Letter.Failed("the executor", cause));
    }

    @Override
    public void workWaiting() {
        mailbox.offer(Lane.CONTROL, new Letter.WorkWaiting());
    }

    @Override
    public void bodiesHeld(Digest batch, boolean verified, long naming) {
        mailbox.offer(
                Lane.CONTROL, new Letter.Happened(now -> new OrderingEvent.BodiesHeld(now, batch, verified, naming)));
    }

    @Override
    public void requestsLate(long view, List<RequestBundle> bundles, List<Digest> doubtful) {
        mailbox.offer(Lane.TIMEOUTS, new Letter.RequestsLate(view, bundles, doubtful));
    }

    @Override
    public void requestTimedOut(long view, Duration overdue) {
        mailbox.offer(Lane.TIMEOUTS, new Letter.Happened(now -> new OrderingEvent.RequestTimedOut(now, view, overdue)));
    }

    @Override
    public List<RequestBundle> unordered(List<RequestBundle> bundles) {
        return executor == null ? bundles : executor.offerUnordered(bundles);
    }

    @Override
    public void answerAgain(RequestBundle bundle) {
        if (executor != null && askedAgain.take(bundle)) {
            boolean queued =
                    executor.offer(new ExecutionRequest.AnswerAgain(bundle, () -> askedAgain.giveBack(bundle)));
            if (!queued) {
                askedAgain.giveBack(bundle);
            }
        }
    }
}
