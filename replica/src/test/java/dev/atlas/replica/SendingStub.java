package dev.atlas.replica;

import dev.atlas.net.identity.NodeId;
import dev.atlas.net.stub.OutgoingStub;
import java.nio.ByteBuffer;
import java.util.Collection;

/** For what sends to one peer at a time; what it sends does not wait. */
public interface SendingStub extends OutgoingStub {

    @Override
    default void broadcast(Collection<? extends NodeId> to, ByteBuffer payload) {
        throw new UnsupportedOperationException();
    }

    @Override
    default boolean sendNewest(NodeId to, int slot, ByteBuffer payload) {
        throw new UnsupportedOperationException();
    }

    @Override
    default long waiting(NodeId to) {
        return 0;
    }
}
