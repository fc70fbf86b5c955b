package dev.atlas.core.execution;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.DivisibleState.Part;
import java.io.IOException;
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
     * Reads what is said to be the bytes of the part that the descriptor names, and checks that it is. Never believes the descriptor: that is for the caller to
     * check against a certificate. May hash and read a megabyte, which is no work for a virtual thread.
     *
     * @param index into {@link StateDescriptor#parts}
     * @throws IOException if these are not the bytes of this part
     */
    Part read(StateDescriptor descriptor, int index, ByteString bytes) throws IOException;

    /** Hands over a piece; blocks while the bounded channel is full. False if the executor is closed. */
    boolean transfer(StatePiece piece) throws InterruptedException;
}
