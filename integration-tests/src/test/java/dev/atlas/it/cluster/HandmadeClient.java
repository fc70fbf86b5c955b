package dev.atlas.it.cluster;

import com.google.protobuf.ByteString;
import dev.atlas.core.message.ApplicationMessage;
import dev.atlas.core.message.Reply;
import dev.atlas.core.message.Request;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.types.SessionId;
import dev.atlas.core.wire.ApplicationCodec;
import dev.atlas.core.wire.BundleCodec;
import dev.atlas.core.wire.Decoded;
import dev.atlas.net.connection.NetworkConfig;
import dev.atlas.net.crypto.Ed25519Scheme;
import dev.atlas.net.crypto.SignatureScheme;
import dev.atlas.net.env.Clock;
import dev.atlas.net.identity.NodeId;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.stub.ModuleId;
import dev.atlas.net.stub.NetworkNode;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** A client that a test plays: it signs what no correct client would, and sends it to whom it likes. */
final class HandmadeClient implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration RETRANSMIT = Duration.ofMillis(500);

    private final LocalCluster<?, ?, ?> cluster;
    private final SignatureScheme.KeyPair keys;
    private final BundleCodec codec;
    private final NetworkNode node;
    private final ConcurrentLinkedQueue<Answer> answers = new ConcurrentLinkedQueue<>();
    private final AtomicLong busy = new AtomicLong();

    /** While it is closed nobody reads what replicas send. */
    private volatile CountDownLatch reading = new CountDownLatch(0);

    record Answer(NodeId from, Reply reply) {}

    HandmadeClient(LocalCluster<?, ?, ?> cluster) throws Exception {
        this(cluster, UnaryOperator.identity());
    }

    HandmadeClient(LocalCluster<?, ?, ?> cluster, UnaryOperator<NetworkConfig> network) throws Exception {
        this.cluster = cluster;
        this.keys = new Ed25519Scheme().generate(cluster.environment().random());
        this.codec = new BundleCodec(cluster.clusterId());
        this.node = cluster.clientNode(keys, network);
        node.incoming(ModuleId.APPLICATION).receiver(this::receive);
        node.start();
        int members = cluster.membership().members().size();
        cluster.await("connections", PATIENCE, () -> node.connected().size() == members);
    }

    private void receive(NodeId from, List<ByteBuffer> messages) {
        try {
            reading.await();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return;
        }
        for (ByteBuffer message : messages) {
            if (ApplicationCodec.decode(message) instanceof Decoded.Value<ApplicationMessage>(var heard)) {
                switch (heard) {
                    case ApplicationMessage.ReplyBundle bundle ->
                        bundle.replies().forEach(reply -> answers.add(new Answer(from, reply)));
                    case ApplicationMessage.Busy ignored -> busy.incrementAndGet();
                    case ApplicationMessage.Bundle ignored -> throw new AssertionError("replicas send no bundles here");
                }
            }
        }
    }

    void stopReading() {
        reading = new CountDownLatch(1);
    }

    void readAgain() {
        reading.countDown();
    }

    RequestBundle sign(Request... requests) {
        return codec.seal(keys, List.of(requests), List.of());
    }

    static Request opening(long number) {
        return new Request(Request.Kind.OPEN_SESSION, SessionId.NONE, number, ByteString.EMPTY);
    }

    static Request ordered(SessionId session, long number, byte[] payload) {
        return new Request(Request.Kind.ORDERED, session, number, ByteString.copyFrom(payload));
    }

    static Request unordered(long number, byte[] payload) {
        return new Request(Request.Kind.UNORDERED, SessionId.NONE, number, ByteString.copyFrom(payload));
    }

    void send(List<Integer> replicas, RequestBundle bundle) {
        sendBytes(replicas, bundle.envelope());
    }

    void sendBytes(List<Integer> replicas, ByteString envelope) {
        ByteBuffer message = ApplicationCodec.encode(new ApplicationMessage.Bundle(envelope));
        for (int replica : replicas) {
            node.outgoing(ModuleId.APPLICATION).send(new ReplicaId(replica), message.duplicate());
        }
    }

    Set<NodeId> connected() {
        return node.connected();
    }

    /** As a correct client would, and waits for the answer. */
    SessionId open(List<Integer> replicas, long number) throws Exception {
        send(replicas, sign(opening(number)));
        return await("a session", reply -> reply.outcome() == Reply.Outcome.SESSION_OPENED && reply.number() == number)
                .session();
    }

    /** The first answer like this of any replica. */
    Reply await(String what, Predicate<Reply> like) throws Exception {
        cluster.await(what, PATIENCE, () -> answers.stream().anyMatch(answer -> like.test(answer.reply())));
        return answers.stream().map(Answer::reply).filter(like).findFirst().orElseThrow();
    }

    /** As a correct client would, who sends again what may have been lost. */
    void askUntil(Predicate<Reply> like, Request request) throws Exception {
        RequestBundle bundle = sign(request);
        Clock clock = cluster.environment().clock();
        AtomicLong due = new AtomicLong(clock.nanoTime());
        cluster.await("an answer", PATIENCE, () -> {
            if (clock.nanoTime() >= due.get()) {
                send(cluster.membership().ids().stream().map(ReplicaId::number).toList(), bundle);
                due.set(clock.nanoTime() + RETRANSMIT.toNanos());
            }
            return answers.stream().anyMatch(answer -> like.test(answer.reply()));
        });
    }

    List<Answer> answers() {
        return List.copyOf(answers);
    }

    long busy() {
        return busy.get();
    }

    @Override
    public void close() {
        readAgain();
        node.close();
    }
}
