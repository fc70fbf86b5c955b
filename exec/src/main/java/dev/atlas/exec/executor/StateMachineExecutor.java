package dev.atlas.exec.executor;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.Application;
import dev.atlas.core.application.DivisibleState.Part;
import dev.atlas.core.application.DivisibleState.PartDescriptor;
import dev.atlas.core.application.DivisibleState.PlainPart;
import dev.atlas.core.execution.CheckpointSnapshot;
import dev.atlas.core.execution.DecidedBatch;
import dev.atlas.core.execution.ExecutionListener;
import dev.atlas.core.execution.ExecutionRequest;
import dev.atlas.core.execution.ExecutorHandle;
import dev.atlas.core.execution.ExecutorStatus;
import dev.atlas.core.execution.StateDescriptor;
import dev.atlas.core.execution.StateInstallation;
import dev.atlas.core.execution.StatePiece;
import dev.atlas.core.execution.StateTransferPort;
import dev.atlas.core.message.Reply;
import dev.atlas.core.message.Request;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.exec.executor.Checkpoints.Frozen;
import dev.atlas.exec.executor.Work.Lane;
import dev.atlas.exec.metrics.BatchExecutionEvent;
import dev.atlas.exec.metrics.CheckpointPauseEvent;
import dev.atlas.exec.metrics.RepliesEvent;
import dev.atlas.exec.reply.Replier;
import dev.atlas.exec.session.SessionLimits;
import dev.atlas.net.concurrent.Mailbox;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.env.DedicatedThread;
import dev.atlas.net.env.Environment;
import java.io.DataInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Executes decided batches in order, on a platform thread of its own; the four executors are this with different parts.
 *
 * <p>An exception of the application is the request's error reply; an {@link Error} stops the executor. If the state gives snapshots, unordered requests run
 * beside ordered ones on the pool, and checkpoints are hashed beside them on another thread; if not, the first run and the second are written between batches.
 *
 * @param <S> state
 * @param <Q> request
 * @param <R> reply
 */
public abstract class StateMachineExecutor<S, Q, R> implements ExecutorHandle, StateTransferPort, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(StateMachineExecutor.class);
    private static final int ORDERED_CAPACITY = 16_384;
    private static final int CONTROL_CAPACITY = 16_384;
    private static final int STATE_CAPACITY = 128;
    private static final int REQUESTS_PER_TURN = 64;

    /** What may be on its way to a client before nothing is sent to it again. */
    private static final long ANSWERED_AGAIN_BYTES = 256 * 1024;

    private final Environment environment;
    private final Mailbox<Lane, Work> work =
            new Mailbox<>(Lane.class, lane -> lane == Lane.ORDERED ? ORDERED_CAPACITY : CONTROL_CAPACITY);
    private final Mailbox<Installation.Channel, StatePiece> stateChannel =
            new Mailbox<>(Installation.Channel.class, lane -> STATE_CAPACITY);
    private final DedicatedThread thread;
    private final Application<S, Q, R> application;
    private final TaskRunner<S> runner;
    private final StateForm<S> form;
    private final Digest membershipDigest;
    private final Replier replier;
    private final ExecutionListener listener;
    private final Unordered<S, Q, R> unordered;
    private final Checkpoints checkpoints;

    /** Owned by the executor's thread, like the block. */
    private final ReplicatedState<S> state;

    private DecidedBlock<S> block;

    /** Sequence number of the earliest state that unordered requests are answered from. */
    private volatile long unorderedFrom;

    /** The application's state, for questions whose answer does not depend on what is in it. */
    private volatile S current;

    /** From then on an interrupt is meant: it comes if a thread does not end by itself. */
    private volatile boolean closing;

    protected StateMachineExecutor(
            Environment environment,
            Application<S, Q, R> application,
            TaskRunner<S> runner,
            StateForm<S> form,
            SessionLimits sessions,
            Digest membershipDigest,
            Replier replier,
            ExecutionListener listener) {
        this.environment = environment;
        this.application = application;
        this.runner = runner;
        this.form = form;
        this.membershipDigest = membershipDigest;
        this.replier = replier;
        this.listener = listener;
        this.state = new ReplicatedState<>(application.initialState(), sessions);
        this.block = new DecidedBlock<>(state);
        this.current = state.application();
        this.unordered = new Unordered<>(
                environment,
                new Operations<>(application, sessions.results().largest()),
                replier,
                this::unorderedWaiting,
                this::failed);
        this.checkpoints = new Checkpoints(environment, this::failed);
        this.thread = environment.dedicatedThread("executor");
    }

    /**
     * Unordered requests that come while the state is earlier than {@code sequence} are dropped, as if they had been lost: after a restart, for states that are
     * older than what was answered before. To be called before there are any.
     */
    public final void answerUnorderedFrom(long sequence) {
        unorderedFrom = sequence;
    }

    /** Called at the end of construction. */
    protected final void start() {
        thread.execute(this::run);
    }

    @Override
    public final void submit(ExecutionRequest request) throws InterruptedException {
        if (request instanceof ExecutionRequest.ExecuteUnordered some) {
            unordered.put(some);
        } else {
            work.put(lane(request), asked(request));
        }
    }

    @Override
    public final boolean offer(ExecutionRequest request) {
        return request instanceof ExecutionRequest.ExecuteUnordered some
                ? unordered.offer(some.bundles()).isEmpty()
                : work.offer(lane(request), asked(request));
    }

    @Override
    public final List<RequestBundle> offerUnordered(List<RequestBundle> bundles) {
        return unordered.offer(bundles);
    }

    private Work asked(ExecutionRequest request) {
        return new Work.Asked(request, environment.clock().nanoTime());
    }

    @Override
    public final int depth() {
        return work.depth(Lane.ORDERED) + work.depth(Lane.CONTROL) + unordered.depth();
    }

    @Override
    public final Optional<CheckpointSnapshot> checkpoint(long sequence) {
        return checkpoints.at(sequence);
    }

    @Override
    public final Optional<CheckpointSnapshot> latestCheckpoint() {
        return checkpoints.latest();
    }

    @Override
    public final boolean partsInAnyOrder() {
        return form.inAnyOrder();
    }

    @Override
    public final Part read(StateDescriptor descriptor, int index, ByteString bytes) throws IOException {
        List<PartDescriptor> ofApplication = descriptor.application();
        try {
            return index < ofApplication.size()
                    ? form.read(current, ofApplication.get(index), bytes)
                    : PlainPart.read(descriptor.sessions().get(index - ofApplication.size()), bytes);
        } finally {
            forgetInterrupt();
        }
    }

    @Override
    public final boolean transfer(StatePiece piece) throws InterruptedException {
        return stateChannel.put(Installation.Channel.PIECES, piece);
    }

    /** Executes what is queued, then ends the thread. Unordered requests that wait are dropped. */
    @Override
    public final void close() {
        closing = true;
        work.close();
        stateChannel.close();
        unordered.close();
        thread.close();
        checkpoints.close();
    }

    private static Lane lane(ExecutionRequest request) {
        return switch (request) {
            case ExecutionRequest.Update ignored -> Lane.ORDERED;
            case ExecutionRequest.UpdateAndGetAppState ignored -> Lane.ORDERED;
            case ExecutionRequest.CatchUp ignored -> Lane.ORDERED;
            case ExecutionRequest.PollStateChannel ignored -> Lane.ORDERED;
            case ExecutionRequest.ExecuteUnordered ignored -> Lane.CONTROL;
            case ExecutionRequest.AnswerAgain ignored -> Lane.CONTROL;
            case ExecutionRequest.Read ignored -> Lane.CONTROL;
        };
    }

    /** If the lane is full, the executor looks after its turn. */
    private boolean unorderedWaiting() {
        return work.offer(Lane.CONTROL, new Work.UnorderedWaiting());
    }

    private void run() {
        List<Work> drained = new ArrayList<>(REQUESTS_PER_TURN);
        try {
            while (work.drain(drained, REQUESTS_PER_TURN)) {
                for (Work each : drained) {
                    perform(each);
                }
                drained.clear();
                executeBlock();
                if (unordered.isOverlooked()) {
                    serveUnordered();
                }
            }
        } catch (InterruptedException interrupted) {
            if (!closing) {
                failed(interrupted);
            }
            Thread.currentThread().interrupt();
        } catch (Throwable failure) {
            // Throwable: also an Error of the application must be reported and stop the replica.
            failed(failure);
        }
    }

    /**
     * To be called when the application has run on a thread: an interrupt that it has left behind, of itself or of a library, is nobody's wish, and would end the
     * executor, or whose thread it is, where it waits next.
     */
    private void forgetInterrupt() {
        if (!closing) {
            Thread.interrupted();
        }
    }

    private void failed(Throwable failure) {
        LOG.error("the executor stops", failure);
        work.close();
        listener.failed(failure);
    }

    private void perform(Work each) throws InterruptedException {
        switch (each) {
            case Work.Asked asked -> handle(asked.request(), asked.since());
            case Work.UnorderedWaiting ignored -> {
                unordered.wakeUpOpened();
                executeBlock();
                serveUnordered();
            }
        }
    }

    private void handle(ExecutionRequest request, long since) throws InterruptedException {
        switch (request) {
            case ExecutionRequest.Update update -> add(update.batch(), true, since);
            case ExecutionRequest.UpdateAndGetAppState update -> {
                add(update.batch(), true, since);
                executeBlock();
                checkpoint();
            }
            case ExecutionRequest.CatchUp catchUp -> {
                for (DecidedBatch batch : catchUp.batches()) {
                    add(batch, false, since);
                }
                catchUp.taken().run();
            }
            case ExecutionRequest.PollStateChannel poll -> {
                executeBlock();
                poll.asker().accept(install());
            }
            case ExecutionRequest.ExecuteUnordered ignored ->
                throw new IllegalArgumentException("unordered requests are not queued here");
            case ExecutionRequest.AnswerAgain again -> {
                again.taken().run();
                executeBlock();
                answerAgain(again.bundle());
            }
            case ExecutionRequest.Read read -> {
                executeBlock();
                read(read.asker());
            }
        }
    }

    private void add(DecidedBatch batch, boolean replied, long since) throws InterruptedException {
        block.add(batch, replied, since);
        if (block.tasks().size() >= runner.operationsAtOnce()) {
            executeBlock();
        }
    }

    private void executeBlock() throws InterruptedException {
        if (block.isEmpty()) {
            return;
        }
        DecidedBlock<S> executed = block;
        block = new DecidedBlock<>(state);
        BatchExecutionEvent event = new BatchExecutionEvent();
        event.begin();
        List<Reply> replies = runner.run(state.application(), executed.tasks());
        forgetInterrupt();
        executed.executed(replies);
        event.end();
        serveUnordered();
        for (DecidedBlock.Batch batch : executed.batches()) {
            reply(batch, executed);
        }
        if (event.shouldCommit()) {
            event.sequence = state.sequence();
            event.batches = executed.batches().size();
            event.operations = executed.tasks().size();
            event.latency = environment.clock().nanoTime()
                    - executed.batches().getFirst().since();
            event.commit();
        }
    }

    private void reply(DecidedBlock.Batch batch, DecidedBlock<S> executed) {
        DecidedBatch decided = batch.decided();
        if (batch.replied()) {
            RepliesEvent event = new RepliesEvent();
            event.begin();
            replier.ordered(decided.view(), executed.replies(batch));
            event.sequence = decided.sequence();
            event.clients = batch.answers().size();
            event.commit();
        }
    }

    /** Before the replies to a batch leave, so that nobody who has one finds a state from before it. */
    private void serveUnordered() throws InterruptedException {
        if (state.sequence() < unorderedFrom) {
            unordered.drop();
            return;
        }
        if (!unordered.isWanted()) {
            unordered.withdraw();
            return;
        }
        Optional<S> snapshot = Snapshots.of(state.application());
        forgetInterrupt();
        if (snapshot.isPresent()) {
            unordered.publish(state.consistent(snapshot.get()));
        } else {
            unordered.serveNow(state.consistent(state.application()));
        }
    }

    private void checkpoint() throws InterruptedException {
        CheckpointPauseEvent event = new CheckpointPauseEvent();
        event.begin();
        Frozen frozen = freeze(
                true,
                descriptor -> listener.checkpoint(descriptor.sequence(), descriptor.chain(), descriptor.digest()));
        event.sequence = state.sequence();
        event.commit();
        checkpoints.add(frozen);
    }

    private void read(Consumer<ExecutorStatus> asker) throws InterruptedException {
        int sessions = state.sessions().sessions();
        long operations = state.operations();
        checkpoints.add(freeze(
                false,
                descriptor -> asker.accept(
                        new ExecutorStatus(descriptor.sequence(), descriptor.digest(), sessions, operations))));
    }

    private Frozen freeze(boolean kept, Consumer<StateDescriptor> described) {
        FrozenState application = form.freeze(state.application());
        forgetInterrupt();
        return frozen(application, kept, described);
    }

    private Frozen frozen(FrozenState application, boolean kept, Consumer<StateDescriptor> described) {
        return new Frozen(
                state.sequence(),
                state.chain(),
                state.timeMillis(),
                membershipDigest,
                application,
                state.sessionChunks(),
                kept,
                described);
    }

    /** Answers when the whole state has been taken from the channel, whatever becomes of it. */
    private StateInstallation install() throws InterruptedException {
        Installation installation = new Installation(stateChannel, form.inAnyOrder(), this::forgetInterrupt);
        StateInstallation outcome = install(installation);
        installation.skipRest();
        forgetInterrupt();
        return outcome;
    }

    /** Once the state has been replaced, a failure is the executor's: it does not have the state any more that a refusal says it keeps. */
    private StateInstallation install(Installation installation) throws InterruptedException {
        StateDescriptor descriptor;
        FrozenState installed;
        try {
            descriptor = installation.begin();
            installed = replace(descriptor, installation);
        } catch (InterruptedException interrupted) {
            throw interrupted;
        } catch (Exception refused) { // a checked one too: not every language has them declared
            LOG.info("a state was not installed", refused);
            return new StateInstallation.Refused(String.valueOf(refused.getMessage()));
        }
        replaced(installed);
        LOG.info("installed the state at {}", descriptor.sequence());
        return new StateInstallation.Installed(descriptor);
    }

    /** Takes the place of the present state, which stays if this fails. */
    private FrozenState replace(StateDescriptor descriptor, Installation installation)
            throws IOException, InterruptedException {
        S fresh = freshState();
        form.install(fresh, () -> installation.applicationPart(descriptor));
        DataInputStream sessions = installation.sessions(descriptor);
        FrozenState frozen = form.freeze(fresh);
        if (!frozen.parts().equals(descriptor.application())) {
            throw new IOException("the parts make another state than the descriptor says");
        }
        state.replace(descriptor, fresh, sessions);
        current = fresh;
        return frozen;
    }

    private void replaced(FrozenState installed) throws InterruptedException {
        forgetInterrupt();
        unordered.withdraw();
        checkpoints.add(frozen(installed, true, described -> listener.installedCheckpoint(described.sequence())));
        listener.installed(state.sessions().answered(state.sequence()));
    }

    /** One that is not new would be overwritten while it is executed on. */
    @SuppressWarnings("ReferenceEquality")
    private S freshState() {
        S fresh = application.initialState();
        if (fresh == current) {
            throw new IllegalStateException("the application's initialState is not a new one at each call");
        }
        return fresh;
    }

    /**
     * As far as its client takes answers: asking is cheap, and encoding all that it has kept, to drop what its queue does not take, would keep the executor from
     * everybody else. Who reads asks for the rest.
     */
    private void answerAgain(RequestBundle bundle) {
        List<Reply> stored = new ArrayList<>();
        long room = ANSWERED_AGAIN_BYTES - replier.waiting(bundle.client());
        for (Request request : bundle.requests()) {
            if (room <= 0) {
                break;
            }
            if (request.kind() != Request.Kind.UNORDERED) {
                Optional<Reply> reply = state.sessions().repeat(bundle.client(), request, state.sequence());
                if (reply.isPresent()) {
                    stored.add(reply.get());
                    room -= Replier.OVERHEAD_BYTES + reply.get().result().size();
                }
            }
        }
        if (!stored.isEmpty()) {
            replier.ordered(state.view(), Map.of(bundle.client(), stored));
        }
    }
}
