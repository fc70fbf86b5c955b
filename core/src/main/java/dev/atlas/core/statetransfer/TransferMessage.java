package dev.atlas.core.statetransfer;

import com.google.protobuf.ByteString;
import dev.atlas.core.execution.StateDescriptor;
import dev.atlas.core.message.CheckpointCertificate;

/** Messages of the state-transfer module, between replicas. */
public sealed interface TransferMessage {

    /** What is asked of whoever serves states. */
    sealed interface Question extends TransferMessage {}

    /** What is answered; unasked it is dropped. */
    sealed interface Answer extends TransferMessage {}

    /** Which certified state do you have at {@code atLeast} or above? Answered by the highest. */
    record AskState(long atLeast) implements Question {}

    record FetchDescriptor(long sequence) implements Question {}

    /**
     * @param first index into {@link StateDescriptor#parts}
     * @param count how many, from 1 to {@link Span#MOST_PARTS}; several have no more than {@link Span#MOST_BYTES}
     */
    record FetchParts(long sequence, int first, int count) implements Question {}

    /** The state under this certificate can be fetched here. */
    record StateOffer(CheckpointCertificate certificate) implements Answer {}

    record Described(StateDescriptor descriptor) implements Answer {}

    /**
     * @param bytes of the parts, one after the other
     */
    record Parts(long sequence, int first, int count, ByteString bytes) implements Answer {}

    /** The state at this sequence number is not, or no longer, kept here. */
    record Unavailable(long sequence) implements Answer {}
}
