package dev.atlas.it.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.atlas.core.message.ApplicationMessage;
import dev.atlas.core.message.OrderingMessage;
import dev.atlas.core.message.Reply;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.ordering.OrderingStatus;
import dev.atlas.core.types.SessionId;
import dev.atlas.core.wire.ApplicationCodec;
import dev.atlas.core.wire.BundleCodec;
import dev.atlas.core.wire.Decoded;
import dev.atlas.core.wire.OrderingCodec;
import dev.atlas.core.wire.ReplicaSigner;
import dev.atlas.net.connection.BlockingNetworkNode;
import dev.atlas.net.crypto.SignatureScheme;
import dev.atlas.net.identity.ClientId;
import dev.atlas.net.identity.NodeAddress;
import dev.atlas.net.identity.NodeId;
import dev.atlas.net.stub.ModuleId;
import dev.atlas.protos.handshake.Hello;
import dev.atlas.replica.orchestrator.MonolithicReplica;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Mutated frames at a live cluster: no exception goes uncaught, memory stays bounded, an honest client is served all the while. */
@Timeout(3600)
class LiveFuzzTest {

    private static final long FRAMES = Long.getLong("atlas.fuzz.live", 1_000);
    /** New valid messages, near where the cluster is now, after so many frames. */
    private static final int FRAMES_PER_SET = 250;

    /** A frame of the largest size is as much work as many others. */
    private static final int FRAMES_PER_COSTLY_ONE = 1_000;

    private static final int FRAMES_PER_HEAVY_ONE = 50;
    private static final int FRAMES_PER_CONNECTION = 20;
    private static final long CONNECTIONS = FRAMES / FRAMES_PER_CONNECTION;
    /** Whatever was announced before, soon an impossible length. */
    private static final byte[] VIOLATION = new byte[32 * 1024];

    static {
        Arrays.fill(VIOLATION, (byte) 0xff);
    }

    private static final int MEMORY_SAMPLES = 4;
    /** Mailboxes, buffers and queues of four nodes, full; the attacker's own are among them. */
    private static final long MOST_GROWTH_BYTES = 512L << 20;

    private static final int ROUNDS_AFTERWARDS = 10;
    private static final Duration PAUSE = Duration.ofMillis(1);

    private final Random random = new Random(1);
    private final WireMutator mutator = new WireMutator(random);
    private Valid valid = new Valid(List.of(), List.of(), List.of());

    /** Valid messages of one moment. */
    private record Valid(List<byte[]> ordering, List<byte[]> transfer, List<byte[]> application) {

        static Valid of(ValidMessages messages) {
            return new Valid(messages.ordering(), messages.transfer(), messages.application());
        }
    }

    /** Throws one frame. */
    @FunctionalInterface
    private interface Attack {
        void frame(long number) throws Exception;
    }

    private void attack(String name, FuzzedCluster cluster, long frames, Attack attack) throws Exception {
        try (Alarms alarms = new Alarms();
                Service service = new Service(cluster.client())) {
            cluster.await("service before", () -> service.answered() > 0);
            long base = liveBytes();
            long most = 0;
            long before = service.answered();
            long start = System.nanoTime();
            for (long frame = 0; frame < frames; frame++) {
                attack.frame(frame);
                if (frame % (frames / MEMORY_SAMPLES + 1) == 0) {
                    most = Math.max(most, liveBytes() - base);
                    service.answered();
                }
            }
            double seconds = (System.nanoTime() - start) / 1e9;
            most = Math.max(most, liveBytes() - base);
            long during = service.answered();
            cluster.await("service afterwards", () -> service.answered() >= during + ROUNDS_AFTERWARDS);
            cluster.assertUnharmed();
            alarms.assertSilent();
            System.out.printf(
                    "%s: %,d frames, %,.0f/s, %,d rounds of an honest client meanwhile, at most %,d MiB more on the heap%n%s",
                    name, frames, frames / seconds, during - before, most >> 20, cluster.refusals());
            assertThat(most).as("bytes of growth").isLessThan(MOST_GROWTH_BYTES);
        }
    }

    /** What is reachable now. */
    private static long liveBytes() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }

    private <T> T pick(List<T> all) {
        return all.get(random.nextInt(all.size()));
    }

    private byte[] mutated(List<byte[]> messages) {
        return mutator.mutate(pick(messages), pick(messages));
    }

    /** Waits while the queue to this node is full. */
    private static void send(FuzzedCluster cluster, BlockingNetworkNode from, NodeId to, ModuleId module, byte[] bytes)
            throws Exception {
        while (!from.outgoing(module).send(to, ByteBuffer.wrap(bytes))) {
            cluster.environment.sleep(PAUSE);
            cluster.assertUnharmed();
        }
    }

    // ---- a member ----

    @ParameterizedTest
    @ValueSource(ints = {0, 3})
    void framesOfAFaultyMember(int corrupt) throws Exception {
        try (FuzzedCluster cluster = new FuzzedCluster(corrupt)) {
            ValidMessages messages =
                    new ValidMessages(FuzzedCluster.CLUSTER, cluster.corrupt, cluster.corruptKeys(), random);
            ReplicaSigner signer = new ReplicaSigner(cluster.corrupt, FuzzedCluster.CLUSTER, cluster.corruptKeys());
            List<CostlyFrame> costly = CostlyFrame.protocolFrames();
            attack("member " + corrupt, cluster, FRAMES, number -> {
                MonolithicReplica target = pick(cluster.real());
                if (number % FRAMES_PER_SET == 0) {
                    OrderingStatus status = target.status().orchestrator().ordering();
                    messages.near(status.view(), status.decided());
                    valid = Valid.of(messages);
                }
                if (number % FRAMES_PER_COSTLY_ONE == 0) {
                    send(
                            cluster,
                            cluster.corruptNode(),
                            target.id(),
                            ModuleId.PROTOCOL,
                            pick(costly).frame());
                }
                switch (random.nextInt(10)) {
                    case 0 -> say(cluster, target.id(), ModuleId.STATE_TRANSFER, mutated(valid.transfer));
                    case 1 -> say(cluster, target.id(), ModuleId.APPLICATION, mutated(valid.application));
                    case 2 -> say(cluster, honestClient(cluster), ModuleId.APPLICATION, mutated(valid.application));
                    case 3 -> say(cluster, target.id(), ModuleId.RECONFIGURATION, mutated(valid.ordering));
                    case 4, 5 -> say(cluster, target.id(), ModuleId.PROTOCOL, mutated(valid.ordering));
                    default ->
                        say(cluster, target.id(), ModuleId.PROTOCOL, signedAgain(mutated(valid.ordering), signer));
                }
            });
        }
    }

    @Test
    void theHeaviestMessagesOfAFaultyMember() throws Exception {
        try (FuzzedCluster cluster = new FuzzedCluster(3)) {
            List<CostlyFrame> heavy = CostlyFrame.heavyMessages();
            attack("heavy messages", cluster, FRAMES / FRAMES_PER_HEAVY_ONE, number -> {
                for (MonolithicReplica target : cluster.real()) {
                    say(cluster, target.id(), ModuleId.PROTOCOL, pick(heavy).frame());
                }
            });
        }
    }

    private static void say(FuzzedCluster cluster, NodeId to, ModuleId module, byte[] bytes) throws Exception {
        send(cluster, cluster.corruptNode(), to, module, bytes);
    }

    private static NodeId honestClient(FuzzedCluster cluster) {
        return cluster.corruptNode().connected().stream()
                .filter(ClientId.class::isInstance)
                .findFirst()
                .orElseThrow();
    }

    /** A signature over what a mutation has made of a message, so that it gets past the check of the signature. */
    private static byte[] signedAgain(byte[] bytes, ReplicaSigner signer) {
        if (!(OrderingCodec.decode(ByteBuffer.wrap(bytes))
                instanceof Decoded.Value<OrderingMessage>(OrderingMessage message))) {
            return bytes;
        }
        OrderingMessage signed = switch (message) {
            case OrderingMessage.SignedCheckpoint checkpoint ->
                new OrderingMessage.SignedCheckpoint(
                        signer.sign(checkpoint.signed().content()).signed());
            case OrderingMessage.SignedViewChange viewChange ->
                new OrderingMessage.SignedViewChange(
                        signer.sign(viewChange.signed().content()).signed());
            case OrderingMessage.SignedNewView newView ->
                new OrderingMessage.SignedNewView(
                        signer.sign(newView.signed().content()).signed());
            default -> message;
        };
        return OrderingCodec.encode(signed).array();
    }

    // ---- a client ----

    @Test
    void framesOfAClient() throws Exception {
        try (FuzzedCluster cluster = new FuzzedCluster(3)) {
            SignatureScheme.KeyPair keys = cluster.scheme.generate(cluster.environment.random());
            ValidMessages messages = new ValidMessages(FuzzedCluster.CLUSTER, cluster.corrupt, keys, random);
            BlockingNetworkNode node = cluster.clientNode(keys);
            List<SessionId> sessions = new CopyOnWriteArrayList<>();
            node.incoming(ModuleId.APPLICATION)
                    .receiver((from, replies) -> replies.forEach(reply -> learn(reply, sessions)));
            node.start();
            cluster.await("the client is connected", () -> node.connected().size() == 4);
            BundleCodec codec = new BundleCodec(FuzzedCluster.CLUSTER);
            List<CostlyFrame> costly = CostlyFrame.clientFrames();
            attack("client", cluster, FRAMES, number -> {
                NodeId target = pick(cluster.real()).id();
                if (number % FRAMES_PER_SET == 0) {
                    messages.of(List.copyOf(sessions));
                    valid = Valid.of(messages);
                }
                if (number % FRAMES_PER_COSTLY_ONE == 0) {
                    send(
                            cluster,
                            node,
                            target,
                            ModuleId.APPLICATION,
                            pick(costly).frame());
                }
                byte[] message = random.nextBoolean() ? sealedAgain(messages, codec, keys) : mutated(valid.application);
                ModuleId module = random.nextInt(20) == 0 ? ModuleId.RECONFIGURATION : ModuleId.APPLICATION;
                if (random.nextInt(3) == 0) {
                    send(cluster, node, target, module, message);
                } else {
                    for (MonolithicReplica replica : cluster.real()) {
                        send(cluster, node, replica.id(), module, message);
                    }
                }
            });
            assertThat(sessions).isNotEmpty();
        }
    }

    /** Keeps the sessions that were opened, so that requests get as far as the application. */
    private static void learn(ByteBuffer bytes, List<SessionId> sessions) {
        if (ApplicationCodec.decode(bytes)
                instanceof Decoded.Value<ApplicationMessage>(ApplicationMessage.ReplyBundle replies)) {
            for (Reply reply : replies.replies()) {
                if (reply.outcome() == Reply.Outcome.SESSION_OPENED) {
                    sessions.remove(reply.session());
                    sessions.add(reply.session());
                    if (sessions.size() > 8) {
                        sessions.removeFirst();
                    }
                }
            }
        }
    }

    /** A mutated bundle under a good signature. */
    private byte[] sealedAgain(ValidMessages messages, BundleCodec codec, SignatureScheme.KeyPair keys) {
        byte[] bundle = messages.bundle().envelope().toByteArray();
        byte[] mutated = mutator.mutate(bundle, bundle);
        ByteString envelope = codec.open(ByteString.copyFrom(mutated))
                .fold(
                        (RequestBundle open) -> codec.seal(keys, open.requests(), open.acknowledgements())
                                .envelope(),
                        reason -> ByteString.copyFrom(mutated));
        return ApplicationCodec.encode(new ApplicationMessage.Bundle(envelope)).array();
    }

    @Test
    void brokenFraming() throws Exception {
        try (FuzzedCluster cluster = new FuzzedCluster(3)) {
            SignatureScheme.KeyPair client = cluster.scheme.generate(cluster.environment.random());
            Hello member = RawPeer.hello(FuzzedCluster.CLUSTER, cluster.corruptKeys()).toBuilder()
                    .setKind(1)
                    .setReplicaId(cluster.corrupt.number())
                    .build();
            Valid messages =
                    Valid.of(new ValidMessages(FuzzedCluster.CLUSTER, cluster.corrupt, cluster.corruptKeys(), random));
            attack("broken framing", cluster, CONNECTIONS, number -> {
                boolean asMember = random.nextInt(4) == 0;
                try (RawPeer peer = RawPeer.overTls(
                        pick(cluster.real()).listening().getFirst(), asMember ? cluster.corruptKeys() : client)) {
                    peer.shakeHands(asMember ? member : RawPeer.hello(FuzzedCluster.CLUSTER, client));
                    for (int frame = 0; frame < FRAMES_PER_CONNECTION; frame++) {
                        byte[] bytes = asMember
                                ? frame(ModuleId.PROTOCOL, pick(messages.ordering))
                                : frame(ModuleId.APPLICATION, pick(messages.application));
                        peer.say(random.nextInt(8) == 0 ? mutator.bytes(bytes, bytes) : bytes);
                    }
                    for (int filled = 0; filled <= CostlyFrame.CLIENT_FRAME; filled += VIOLATION.length) {
                        peer.say(VIOLATION);
                    }
                } catch (IOException cutOff) {
                    assertThat(cutOff).isNotNull(); // what this is about
                }
            });
        }
    }

    private static byte[] frame(ModuleId module, byte[] payload) {
        return ByteBuffer.allocate(5 + payload.length)
                .putInt(payload.length)
                .put(module.code())
                .put(payload)
                .array();
    }

    // ---- a stranger ----

    @Test
    void bytesOfAStranger() throws Exception {
        try (FuzzedCluster cluster = new FuzzedCluster(3)) {
            SignatureScheme.KeyPair keys = cluster.scheme.generate(cluster.environment.random());
            byte[] hello = RawPeer.hello(FuzzedCluster.CLUSTER, keys).toByteArray();
            attack("stranger", cluster, CONNECTIONS, number -> {
                NodeAddress address = pick(cluster.real()).listening().getFirst();
                boolean tls = random.nextInt(3) > 0;
                try (RawPeer peer = tls ? RawPeer.overTls(address, keys) : RawPeer.overTcp(address)) {
                    byte[] framed = RawPeer.framed(mutator.mutate(hello, hello));
                    peer.say(random.nextInt(3) == 0 ? mutator.bytes(framed, framed) : framed);
                    peer.say(RawPeer.framed(mutator.bytes(hello, hello)));
                    if (tls) {
                        peer.hearHello();
                    }
                } catch (IOException cutOff) {
                    assertThat(cutOff).isNotNull(); // likewise
                }
            });
        }
    }
}
