package dev.atlas.core.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.atlas.core.message.ApplicationMessage;
import dev.atlas.core.message.Reply;
import dev.atlas.core.message.Request;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.types.Membership;
import dev.atlas.core.types.SessionId;
import dev.atlas.core.wire.ApplicationCodec;
import dev.atlas.core.wire.BundleCodec;
import dev.atlas.core.wire.Decoded;
import dev.atlas.net.identity.ClientId;
import dev.atlas.net.identity.NodeAddress;
import dev.atlas.net.identity.NodeId;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.stub.IncomingStub;
import dev.atlas.net.stub.ModuleId;
import dev.atlas.net.stub.NetworkNode;
import dev.atlas.net.stub.OutgoingStub;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/** Four replicas at the other end of a client's network that answer what the test says; answers arrive on the test's thread. */
final class ScriptedReplicas implements NetworkNode {

    private static final IncomingStub.FrameReceiver NOBODY = (from, messages) -> {
        throw new IllegalStateException("the client has not set its receiver");
    };

    private final ClientId client;
    private final Membership membership;
    private final BundleCodec codec;
    private final BlockingQueue<RequestBundle> received = new LinkedBlockingQueue<>();
    private final AtomicReference<IncomingStub.FrameReceiver> receiver = new AtomicReference<>(NOBODY);
    private long view;
    private long lastOpening;

    ScriptedReplicas(ClientId client, Membership membership, BundleCodec codec) {
        this.client = client;
        this.membership = membership;
        this.codec = codec;
    }

    /** The next bundle that the client broadcasts. */
    RequestBundle next() throws InterruptedException {
        RequestBundle bundle = received.poll(20, TimeUnit.SECONDS);
        assertThat(bundle).as("a bundle from the client").isNotNull();
        return bundle;
    }

    boolean isQuiet() {
        return received.isEmpty();
    }

    /** Answers the opening that comes next, and returns it. */
    RequestBundle open(SessionId session) throws InterruptedException {
        RequestBundle opening = next();
        assertThat(opening.requests()).hasSize(1);
        lastOpening = opening.requests().getFirst().number();
        openAt(0, session);
        openAt(1, session);
        return opening;
    }

    /** One more replica answers the opening that {@link #open} has taken. */
    void openAt(int replica, SessionId session) {
        answer(
                replica,
                new Reply(
                        Request.Kind.OPEN_SESSION,
                        session,
                        lastOpening,
                        1,
                        Reply.Outcome.SESSION_OPENED,
                        ByteString.EMPTY));
    }

    static Reply executed(Request request, String result) {
        return reply(request, 7, Reply.Outcome.EXECUTED, result);
    }

    static Reply reply(Request request, long sequence, Reply.Outcome outcome, String result) {
        return new Reply(
                request.kind(),
                request.session(),
                request.number(),
                sequence,
                outcome,
                ByteString.copyFromUtf8(result));
    }

    void view(long entered) {
        view = entered;
    }

    void answer(int replica, Reply... replies) {
        deliver(new ReplicaId(replica), new ApplicationMessage.ReplyBundle(0, view, List.of(replies)));
    }

    /** By enough replicas to be believed. */
    void settle(Reply... replies) {
        answer(1, replies);
        answer(2, replies);
    }

    void busy(int replica, long retryAfterMillis) {
        deliver(
                new ReplicaId(replica),
                new ApplicationMessage.Busy(ApplicationMessage.Busy.Reason.QUOTA_EXCEEDED, retryAfterMillis));
    }

    private void deliver(NodeId from, ApplicationMessage message) {
        deliverBytes(from, ApplicationCodec.encode(message));
    }

    void deliverBytes(NodeId from, ByteBuffer bytes) {
        receiver.get().receive(from, List.of(bytes));
    }

    @Override
    public NodeId self() {
        return client;
    }

    @Override
    public OutgoingStub outgoing(ModuleId module) {
        assertThat(module).isEqualTo(ModuleId.APPLICATION);
        return new OutgoingStub() {
            @Override
            public boolean send(NodeId to, ByteBuffer payload) {
                throw new AssertionError("a client sends to all replicas");
            }

            @Override
            public void broadcast(Collection<? extends NodeId> to, ByteBuffer payload) {
                assertThat(List.<NodeId>copyOf(to)).isEqualTo(List.<NodeId>copyOf(membership.ids()));
                received.add(open(payload));
            }

            @Override
            public boolean sendNewest(NodeId to, int slot, ByteBuffer payload) {
                throw new AssertionError("a client sends to all replicas");
            }

            @Override
            public long waiting(NodeId to) {
                return 0;
            }
        };
    }

    private RequestBundle open(ByteBuffer payload) {
        if (ApplicationCodec.decode(payload) instanceof Decoded.Value<ApplicationMessage>(var message)
                && message instanceof ApplicationMessage.Bundle(var envelope)
                && codec.open(envelope) instanceof Decoded.Value<RequestBundle>(var bundle)) {
            return bundle;
        }
        throw new AssertionError("a client sends bundles");
    }

    @Override
    public IncomingStub incoming(ModuleId module) {
        assertThat(module).isEqualTo(ModuleId.APPLICATION);
        return receiver::set;
    }

    @Override
    public void start() {}

    @Override
    public void membershipChanged() {}

    @Override
    public List<NodeAddress> listening() {
        return List.of();
    }

    @Override
    public Set<NodeId> connected() {
        return Set.copyOf(membership.ids().subList(1, membership.ids().size()));
    }

    @Override
    public void onPeerChange(PeerListener listener) {}

    @Override
    public void close() {}
}
