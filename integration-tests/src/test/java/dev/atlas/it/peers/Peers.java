package dev.atlas.it.peers;

import dev.atlas.core.crypto.Signable;
import dev.atlas.core.crypto.Signed;
import dev.atlas.core.message.OrderingMessage;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.wire.OrderingCodec;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.replica.orchestrator.ReplicaStatus;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.Callable;

/** One real replica, number 1 of 4, and three members that a test plays. */
interface Peers extends AutoCloseable {

    ReplicaId REAL = new ReplicaId(1);

    /** What the bundles of its clients are signed for. */
    String cluster();

    /** Has a member say something to the real replica that need not be a message. */
    void sayBytes(int peer, ByteBuffer bytes) throws Exception;

    default void say(int peer, OrderingMessage message) throws Exception {
        sayBytes(peer, OrderingCodec.encode(message));
    }

    /** With a member's key. */
    <M extends Signable> Signed<M> sign(int peer, M content);

    /** A client's bundle that opens a session. */
    RequestBundle bundle(long number);

    /** Everything that the real replica has said so far, each broadcast up to three times. */
    List<OrderingMessage> said();

    default <M extends OrderingMessage> List<M> said(Class<M> kind) {
        return said().stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    ReplicaStatus status() throws Exception;

    /** Waits for an effect of what was said. */
    void await(String what, Callable<Boolean> condition) throws Exception;

    @Override
    void close();
}
