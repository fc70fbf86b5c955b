package dev.atlas.core.statetransfer;

import com.google.protobuf.ByteString;
import dev.atlas.core.execution.StateDescriptor;
import java.util.List;

/** Messages of the state transfer module. */
public sealed interface StateTransferMessage {

    /** The checkpoint that is spoken of. */
    long sequence();

    record AskDescriptor(long sequence) implements StateTransferMessage {}

    /** Checked against the certificate of its sequence number. */
    record Descriptor(StateDescriptor descriptor) implements StateTransferMessage {
        @Override
        public long sequence() {
            return descriptor.sequence();
        }
    }

    /** The state at this checkpoint is not kept here, not yet or not any more. */
    record NoState(long sequence) implements StateTransferMessage {}

    /**
     * @param indexes into {@link StateDescriptor#parts}, at most {@link #MOST_PARTS_ASKED}
     */
    record AskParts(long sequence, List<Integer> indexes) implements StateTransferMessage {

        /** More are asked for when these have come. */
        public static final int MOST_PARTS_ASKED = 64;

        public AskParts {
            indexes = List.copyOf(indexes);
            if (indexes.size() > MOST_PARTS_ASKED) {
                throw new IllegalArgumentException("asks for " + indexes.size() + " parts at once");
            }
        }
    }

    /** Checked against the descriptor. */
    record Part(long sequence, int index, ByteString bytes) implements StateTransferMessage {}
}
