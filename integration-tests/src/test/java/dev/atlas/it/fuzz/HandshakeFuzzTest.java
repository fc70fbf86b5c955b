package dev.atlas.it.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.atlas.it.sim.crypto.KeyedHashScheme;
import dev.atlas.net.crypto.PublicKey;
import dev.atlas.net.crypto.SignatureScheme;
import dev.atlas.net.env.SystemEnvironment;
import dev.atlas.net.handshake.Handshake;
import dev.atlas.net.handshake.HandshakeResult;
import dev.atlas.net.handshake.LocalIdentity;
import dev.atlas.net.handshake.RejectionReason;
import dev.atlas.net.identity.ClientId;
import dev.atlas.net.identity.NodeId;
import dev.atlas.net.identity.NodeInfo;
import dev.atlas.net.identity.NodeKind;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.identity.StaticNetworkInformation;
import dev.atlas.protos.handshake.Acknowledge;
import dev.atlas.protos.handshake.Hello;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Whatever a peer says in a handshake, it is refused with a reason or is somebody whose key it holds. */
class HandshakeFuzzTest {

    private static final long HANDSHAKES = Long.getLong("atlas.fuzz.frames", 20_000);
    /** Two messages of a kilobyte each can hold nothing but unknown fields. */
    private static final long MOST_BYTES = 256 * 1024;

    private static final String CLUSTER = "fuzz";
    private static final int POOL = 2;

    private final Random random = new Random(1);
    private final WireMutator mutator = new WireMutator(random);
    private final SystemEnvironment environment = SystemEnvironment.create("fuzz", 1);
    private final KeyedHashScheme scheme = new KeyedHashScheme();
    private final SignatureScheme.KeyPair real = scheme.generate(environment.random());
    /** Of replica 1, which is the attacker's, who is a client too. */
    private final SignatureScheme.KeyPair corrupt = scheme.generate(environment.random());

    private final SignatureScheme.KeyPair client = scheme.generate(environment.random());
    private final SignatureScheme.KeyPair innocent = scheme.generate(environment.random());
    private final Handshake handshake = new Handshake(
            environment,
            LocalIdentity.replica(CLUSTER, new ReplicaId(0), scheme, real),
            new StaticNetworkInformation(List.of(member(0, real), member(1, corrupt), member(2, innocent))),
            kind -> POOL,
            true,
            Duration.ofMinutes(10));

    private static NodeInfo member(int number, SignatureScheme.KeyPair keys) {
        return new NodeInfo(new ReplicaId(number), NodeKind.REPLICA, keys.publicKey(), List.of());
    }

    @AfterEach
    void close() {
        environment.close();
    }

    /** One who holds a key, and lies. */
    private final class Liar extends BytesChannel {

        private final SignatureScheme.KeyPair keys;
        private final boolean tls;
        private final boolean dials;
        private byte[] heard = {};
        private byte[] said = {};
        private int step;

        Liar(SignatureScheme.KeyPair keys, boolean tls, boolean dials) {
            super(new byte[0], random);
            this.keys = keys;
            this.tls = tls;
            this.dials = dials;
        }

        @Override
        public Optional<PublicKey> secure() {
            return tls ? Optional.of(keys.publicKey()) : Optional.empty();
        }

        @Override
        public void write(ByteBuffer source) {
            byte[] message = new byte[source.remaining() - Integer.BYTES];
            source.getInt();
            source.get(message);
            heard = heard.length == 0 ? message : heard;
        }

        @Override
        byte[] more() {
            return switch (step++) {
                case 0 -> {
                    byte[] honest = hello(keys).toByteArray();
                    said = random.nextInt(3) == 0 ? honest : mutator.mutate(honest, honest);
                    yield wire(said);
                }
                case 1 -> {
                    byte[] honest = acknowledgement().toByteArray();
                    yield wire(random.nextInt(3) == 0 ? honest : mutator.mutate(honest, said));
                }
                default -> new byte[0];
            };
        }

        /** Written from the description of the protocol: both Hellos, and who signs. */
        private Acknowledge acknowledgement() {
            byte[] first = dials ? said : heard;
            byte[] second = dials ? heard : said;
            byte[] domain = "atlas/handshake/1".getBytes(StandardCharsets.US_ASCII);
            byte[] transcript = ByteBuffer.allocate(domain.length + 9 + first.length + second.length)
                    .put(domain)
                    .put((byte) (dials ? 1 : 2))
                    .putInt(first.length)
                    .put(first)
                    .putInt(second.length)
                    .put(second)
                    .array();
            return Acknowledge.newBuilder()
                    .setSignature(ByteString.copyFrom(keys.sign(transcript)))
                    .build();
        }
    }

    private Hello hello(SignatureScheme.KeyPair keys) {
        byte[] nonce = new byte[32];
        random.nextBytes(nonce);
        boolean member = keys == corrupt && random.nextInt(4) > 0;
        Hello.Builder hello = Hello.newBuilder()
                .setProtocolVersion(Handshake.PROTOCOL_VERSION)
                .setClusterId(ByteString.copyFromUtf8(CLUSTER))
                .setKind(member ? 1 : 3)
                .setConnectionIndex(random.nextInt(POOL + 1))
                .setNonce(ByteString.copyFrom(nonce))
                .setPublicKey(ByteString.copyFrom(
                        (random.nextInt(8) == 0 ? innocent : keys).publicKey().encoded()));
        if (member) {
            hello.setReplicaId(random.nextInt(8) == 0 ? 2 : 1);
        }
        return hello.build();
    }

    /** With its length, or with a wrong one. */
    private byte[] wire(byte[] message) {
        int length = random.nextInt(16) == 0
                ? List.of(-1, 0, Integer.MAX_VALUE, Integer.MIN_VALUE, 1024, 1025, message.length + 1)
                        .get(random.nextInt(7))
                : message.length;
        byte[] framed = ByteBuffer.allocate(Integer.BYTES + message.length)
                .putInt(length)
                .put(message)
                .array();
        return random.nextInt(16) == 0 ? mutator.bytes(framed, framed) : framed;
    }

    @Test
    void handshakes() {
        Map<RejectionReason, Integer> reasons = new EnumMap<>(RejectionReason.class);
        Allocations allocations = new Allocations(MOST_BYTES);
        long accepted = 0;
        long start = System.nanoTime();
        for (long number = 0; number < HANDSHAKES; number++) {
            SignatureScheme.KeyPair keys = random.nextInt(3) == 0 ? client : corrupt;
            boolean dials = random.nextInt(3) > 0;
            Liar liar = new Liar(keys, random.nextBoolean(), dials);
            allocations.begin();
            HandshakeResult result = dials ? handshake.accept(liar) : handshake.dial(liar, new ReplicaId(1), 0);
            allocations.end(number);
            switch (result) {
                case HandshakeResult.Accepted peer -> {
                    accepted++;
                    NodeId id = peer.peer().id();
                    assertThat(peer.peer().publicKey())
                            .as("handshake %s", number)
                            .isEqualTo(keys.publicKey());
                    assertThat(id.equals(new ReplicaId(1)) ? corrupt.publicKey() : keys.publicKey())
                            .isEqualTo(keys.publicKey());
                    assertThat(id)
                            .as("handshake %s", number)
                            .isIn(new ReplicaId(1), ClientId.of(keys.publicKey()))
                            .matches(known -> dials || known.equals(new ReplicaId(1)), "whom we dialled");
                    assertThat(peer.peer().kind())
                            .isEqualTo(id instanceof ReplicaId ? NodeKind.REPLICA : NodeKind.CLIENT);
                    assertThat(peer.index()).isBetween(0, POOL - 1);
                }
                case HandshakeResult.Rejected rejected -> reasons.merge(rejected.reason(), 1, Integer::sum);
            }
        }
        System.out.printf(
                "handshakes: %,d, %,.0f/s, %,d accepted, at most %,d bytes allocated, refused for %s%n",
                HANDSHAKES, HANDSHAKES / ((System.nanoTime() - start) / 1e9), accepted, allocations.largest(), reasons);
        assertThat(accepted).isBetween(1L, HANDSHAKES - 1);
        assertThat(reasons)
                .containsKeys(
                        RejectionReason.MALFORMED,
                        RejectionReason.WRONG_VERSION,
                        RejectionReason.WRONG_KEY,
                        RejectionReason.BAD_SIGNATURE,
                        RejectionReason.BAD_CONNECTION_INDEX);
    }
}
