package dev.atlas.it.sim.cluster;

import dev.atlas.core.message.OrderingMessage;
import dev.atlas.core.statetransfer.TransferMessage;
import dev.atlas.core.wire.Decoded;
import dev.atlas.core.wire.TransferCodec;
import dev.atlas.it.sim.byzantine.Interceptor;
import dev.atlas.it.sim.oracle.ReasonOracle;
import dev.atlas.it.sim.oracle.VoteOracle;
import dev.atlas.it.sim.scheduler.Randomness;
import dev.atlas.net.identity.NodeId;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.stub.ModuleId;
import dev.atlas.protos.messages.OrderingEnvelope;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Shows the judges what one correct replica hears and says, and now and then loses a message as a full queue does. */
final class Observer implements Interceptor {

    /** Of a field's tag on the wire. */
    private static final int TAG_TYPE_BITS = 3;

    private final ReplicaId self;
    private final VoteOracle votes;
    private final ReasonOracle reasons;
    private final Spoken spoken;
    private final Randomness losses;
    private final Traffic traffic;
    private @Nullable ByteBuffer lastSent;
    private Optional<OrderingMessage> lastMessage = Optional.empty();

    /** What a cluster wants to know of its correct replicas' messages. */
    interface Traffic {

        /** The share of messages that is lost at present. */
        double loss();

        boolean passes(ReplicaId from, ReplicaId to, OrderingMessage message);

        void lost();

        void transferred();

        void said(ReplicaId from, NodeId to, OrderingMessage message);
    }

    Observer(
            ReplicaId self, VoteOracle votes, ReasonOracle reasons, Spoken spoken, Randomness losses, Traffic traffic) {
        this.self = self;
        this.votes = votes;
        this.reasons = reasons;
        this.spoken = spoken;
        this.losses = losses;
        this.traffic = traffic;
    }

    @Override
    public void outgoing(NodeId to, ModuleId module, ByteBuffer payload, Consumer<ByteBuffer> onward) {
        if (module == ModuleId.STATE_TRANSFER) {
            traffic.transferred();
        }
        if (module == ModuleId.PROTOCOL) {
            sent(payload);
            lastMessage.ifPresent(message -> traffic.said(self, to, message));
        }
        double loss = traffic.loss();
        boolean passes = module != ModuleId.PROTOCOL
                || !(to instanceof ReplicaId peer)
                || lastMessage.isEmpty()
                || traffic.passes(self, peer, lastMessage.get());
        if (!passes || (loss > 0 && losses.chance(loss))) {
            traffic.lost();
        } else {
            onward.accept(payload);
        }
    }

    /** A broadcast hands the same buffer on for each peer: once is enough for the judges. */
    @SuppressWarnings("ReferenceEquality")
    private void sent(ByteBuffer payload) {
        if (payload == lastSent) {
            return;
        }
        lastSent = payload;
        lastMessage = spoken.said(payload);
        lastMessage.ifPresent(message -> {
            votes.sent(self, message);
            reasons.sent(self, message);
        });
    }

    @Override
    public void incoming(NodeId from, ModuleId module, ByteBuffer payload) {
        if (!(from instanceof ReplicaId peer)) {
            return;
        }
        if (module == ModuleId.PROTOCOL && mayBeReason(payload)) {
            spoken.heard(payload).ifPresent(message -> reasons.heard(self, peer, message));
        } else if (module == ModuleId.STATE_TRANSFER
                && TransferCodec.decode(payload.duplicate())
                        instanceof Decoded.Value<TransferMessage>(TransferMessage.StateOffer offer)) {
            reasons.certified(self, offer.certificate());
        }
    }

    /** By the field that comes first: STATUS and bodies are much of the traffic, costly to decode, and no reason for anything. */
    private static boolean mayBeReason(ByteBuffer payload) {
        if (!payload.hasRemaining()) {
            return false;
        }
        int field = payload.get(payload.position()) >>> TAG_TYPE_BITS;
        return field != OrderingEnvelope.STATUS_FIELD_NUMBER
                && field != OrderingEnvelope.BODIES_FIELD_NUMBER
                && field != OrderingEnvelope.FETCH_BODIES_FIELD_NUMBER
                && field != OrderingEnvelope.FETCHED_BATCH_FIELD_NUMBER;
    }
}
