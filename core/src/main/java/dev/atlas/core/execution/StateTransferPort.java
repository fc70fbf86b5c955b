package dev.atlas.core.execution;

import com.google.protobuf.ByteString;
import java.util.Optional;

/**
 * State transfer's door into an executor. Thread-safe.
 *
 * <p>To install a state: submit {@link ExecutionRequest.PollStateChannel} and {@link #transfer} its pieces.
 */
public interface StateTransferPort {

    /** The state at a checkpoint, while it is kept: the last three are. */
    Optional<CheckpointSnapshot> checkpoint(long sequence);

    /** The newest checkpoint whose digest is known. */
    Optional<CheckpointSnapshot> latestCheckpoint();

    /** Whether the application's parts may be installed in any order. */
    boolean partsInAnyOrder();

    /**
     * Whether these are the bytes of the part that the descriptor names; false for bytes that are no part at all. Never believes the descriptor: that is for
     * the caller to check against a certificate.
     *
     * @param index into {@link StateDescriptor#parts}
     */
    boolean matches(StateDescriptor descriptor, int index, ByteString part);

    /** Hands over a piece; blocks while the bounded channel is full. False if the executor is closed. */
    boolean transfer(StatePiece piece) throws InterruptedException;
}
