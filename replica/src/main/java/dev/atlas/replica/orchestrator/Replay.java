package dev.atlas.replica.orchestrator;

import dev.atlas.core.application.DivisibleState.Part;
import dev.atlas.core.execution.DecidedBatch;
import dev.atlas.core.execution.ExecutionListener;
import dev.atlas.core.execution.ExecutionRequest;
import dev.atlas.core.execution.ExecutorHandle;
import dev.atlas.core.execution.StateDescriptor;
import dev.atlas.core.execution.StateInstallation;
import dev.atlas.core.execution.StatePiece;
import dev.atlas.core.execution.StateTransferPort;
import dev.atlas.core.storage.History;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Brings a new executor to where the stored decisions end: the stored state, then what was decided after it. Checkpoints on the way are taken again, since whoever
 * restarts may be the one whose CHECKPOINT the others lack; the clients of those batches are answered again, as they were before, and nobody else. Memory is
 * bounded: decisions are read in small groups, and wait for room where the executor is slower than the disk.
 */
final class Replay {

    private static final int DECISIONS_AT_ONCE = 64;

    /** What is queued for the executor; as much may be in its hands, taken and not executed yet. */
    private static final int QUEUED_BYTES = 32 << 20;

    private final History history;
    private final ExecutorHandle executor;
    private final StateTransferPort states;
    private final ExecutionListener listener;
    private final long checkpointPeriod;
    private final Semaphore room = new Semaphore(QUEUED_BYTES);

    Replay(
            History history,
            ExecutorHandle executor,
            StateTransferPort states,
            ExecutionListener listener,
            long checkpointPeriod) {
        this.history = history;
        this.executor = executor;
        this.states = states;
        this.listener = listener;
        this.checkpointPeriod = checkpointPeriod;
    }

    /** Returns when everything is queued for the executor. */
    void run() throws InterruptedException {
        Optional<StateDescriptor> stored = history.state();
        if (stored.isPresent()) {
            install(stored.get());
        }
        long next = stored.map(StateDescriptor::sequence).orElse(0L) + 1;
        List<DecidedBatch> group = history.decisions(next, DECISIONS_AT_ONCE);
        while (!group.isEmpty()) {
            int bytes = bytes(group);
            room.acquire(bytes);
            submit(group, () -> room.release(bytes));
            next += group.size();
            group = history.decisions(next, DECISIONS_AT_ONCE);
        }
    }

    private void install(StateDescriptor state) throws InterruptedException {
        CompletableFuture<StateInstallation> installed = new CompletableFuture<>();
        executor.submit(new ExecutionRequest.PollStateChannel(installed::complete));
        states.transfer(new StatePiece.Begin(state));
        for (int index = 0; index < state.parts().size(); index++) {
            states.transfer(new StatePiece.Part(index, part(state, index)));
        }
        states.transfer(new StatePiece.End());
        try {
            switch (installed.get()) {
                case StateInstallation.Installed ignored ->
                    listener.checkpoint(state.sequence(), state.chain(), state.digest());
                case StateInstallation.Refused refused -> throw failure(state, refused.reason(), null);
            }
        } catch (ExecutionException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private Part part(StateDescriptor state, int index) {
        try {
            return states.read(state, index, history.part(index));
        } catch (IOException damaged) {
            throw failure(
                    state,
                    "its part " + index + " is damaged, or of another kind of executor (" + damaged.getMessage() + ")",
                    damaged);
        }
    }

    /** Each record matches its checksum here: mostly it is the configuration that is another one. */
    private static ReplicaFailure failure(StateDescriptor state, String reason, @Nullable Exception cause) {
        return new ReplicaFailure(
                "the stored state at " + state.sequence() + " cannot be installed: " + reason
                        + "; nothing was changed. If the replica ran with other SessionLimits, another kind of executor (monolithic or divisible)"
                        + " or another application before, start it with those; otherwise put its directory aside and start with an empty one, as a learner",
                cause);
    }

    /** A group that is larger than all the room there is has it for itself. */
    private static int bytes(List<DecidedBatch> group) {
        long bytes = 0;
        for (DecidedBatch batch : group) {
            bytes += batch.footprint();
        }
        return (int) Math.min(bytes, QUEUED_BYTES);
    }

    private void submit(List<DecidedBatch> group, Runnable taken) throws InterruptedException {
        List<DecidedBatch> between = new ArrayList<>();
        for (DecidedBatch batch : group) {
            if (batch.sequence() % checkpointPeriod == 0) {
                executor.submit(new ExecutionRequest.CatchUp(between));
                between.clear();
                executor.submit(new ExecutionRequest.UpdateAndGetAppState(batch));
            } else {
                between.add(batch);
            }
        }
        executor.submit(new ExecutionRequest.CatchUp(between, taken));
    }
}
