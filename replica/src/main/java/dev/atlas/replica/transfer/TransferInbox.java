package dev.atlas.replica.transfer;

import dev.atlas.core.statetransfer.TransferMessage;
import dev.atlas.core.wire.Decoded;
import dev.atlas.core.wire.TransferCodec;
import dev.atlas.net.identity.NodeId;
import dev.atlas.net.identity.ReplicaId;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/** Takes messages of state transfer off the network: questions to who serves, answers to who fetches. Never blocks. */
public final class TransferInbox {

    private final StateServer server;
    private final StateTransfer transfer;
    private final LongAdder refused = new LongAdder();

    public TransferInbox(StateServer server, StateTransfer transfer) {
        this.server = server;
        this.transfer = transfer;
    }

    /** Messages that were none, from strangers, unasked, or more than one peer may send at once. */
    public long refused() {
        return refused.sum();
    }

    public void receive(NodeId from, List<ByteBuffer> messages) {
        for (ByteBuffer message : messages) {
            int bytes = message.remaining();
            boolean taken = from instanceof ReplicaId peer
                    && TransferCodec.decode(message) instanceof Decoded.Value<TransferMessage>(TransferMessage decoded)
                    && switch (decoded) {
                        case TransferMessage.Question question -> server.offer(peer, question);
                        case TransferMessage.Answer answer -> transfer.offer(peer, answer, bytes);
                    };
            if (!taken) {
                refused.increment();
            }
        }
    }
}
