package dev.atlas.it.sim.cluster;

import dev.atlas.core.message.OrderingMessage;
import dev.atlas.core.wire.Decoded;
import dev.atlas.core.wire.OrderingCodec;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** What the correct replicas of a cluster have said lately. The judges look at a message where it is sent and wherever it is heard: it is decoded once. */
final class Spoken {

    /** More than are under way at a time; who hears of an older one decodes it again. */
    private static final int MOST = 1_024;

    private final Map<ByteBuffer, Optional<OrderingMessage>> messages = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<ByteBuffer, Optional<OrderingMessage>> eldest) {
            return size() > MOST;
        }
    };

    /**
     * @param payload not written to any more
     */
    Optional<OrderingMessage> said(ByteBuffer payload) {
        return messages.computeIfAbsent(payload.duplicate(), Spoken::decode);
    }

    /**
     * @param payload may be written to after the call
     */
    Optional<OrderingMessage> heard(ByteBuffer payload) {
        Optional<OrderingMessage> known = messages.get(payload);
        return known != null ? known : decode(payload);
    }

    private static Optional<OrderingMessage> decode(ByteBuffer payload) {
        return OrderingCodec.decode(payload.duplicate())
                        instanceof Decoded.Value<OrderingMessage>(OrderingMessage message)
                ? Optional.of(message)
                : Optional.empty();
    }
}
