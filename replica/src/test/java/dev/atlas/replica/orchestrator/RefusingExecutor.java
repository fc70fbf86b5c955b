package dev.atlas.replica.orchestrator;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.DivisibleState.Part;
import dev.atlas.core.execution.CheckpointSnapshot;
import dev.atlas.core.execution.ExecutionRequest;
import dev.atlas.core.execution.ExecutorHandle;
import dev.atlas.core.execution.StateDescriptor;
import dev.atlas.core.execution.StatePiece;
import dev.atlas.core.execution.StateTransferPort;
import dev.atlas.core.message.RequestBundle;
import java.util.List;
import java.util.Optional;

/** Whoever puts something into its channels fails; it has no checkpoints. A test overrides what it is about. */
class RefusingExecutor implements ExecutorHandle, StateTransferPort {

    @Override
    public void submit(ExecutionRequest request) {
        throw new UnsupportedOperationException();
    }

    @Override
    public boolean offer(ExecutionRequest request) {
        throw new UnsupportedOperationException();
    }

    @Override
    public List<RequestBundle> offerUnordered(List<RequestBundle> bundles) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int depth() {
        return 0;
    }

    @Override
    public Optional<CheckpointSnapshot> checkpoint(long sequence) {
        return Optional.empty();
    }

    @Override
    public Optional<CheckpointSnapshot> latestCheckpoint() {
        return Optional.empty();
    }

    @Override
    public boolean partsInAnyOrder() {
        return false;
    }

    @Override
    public Part read(StateDescriptor descriptor, int index, ByteString bytes) {
        throw new UnsupportedOperationException();
    }

    @Override
    public boolean transfer(StatePiece piece) {
        throw new UnsupportedOperationException();
    }
}
