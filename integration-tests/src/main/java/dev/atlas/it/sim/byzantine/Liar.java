package dev.atlas.it.sim.byzantine;

import com.google.protobuf.ByteString;
import dev.atlas.core.message.ApplicationMessage;
import dev.atlas.core.message.OrderingMessage;
import dev.atlas.core.statetransfer.TransferMessage;
import dev.atlas.core.types.Quorums;
import dev.atlas.core.wire.ApplicationCodec;
import dev.atlas.core.wire.Decoded;
import dev.atlas.core.wire.OrderingCodec;
import dev.atlas.core.wire.ReplicaSigner;
import dev.atlas.core.wire.TransferCodec;
import dev.atlas.it.sim.scheduler.Randomness;
import dev.atlas.net.env.Environment;
import dev.atlas.net.identity.NodeId;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.stub.ModuleId;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * A replica that has been taken over: it runs the protocol, and what it says is altered on the way out, to each peer differently.
 */
public final class Liar implements Interceptor {

    private static final int MOST_REMEMBERED = 256;

    private final Habits habits;
    private final Environment environment;
    private final RecordMutator mutator;
    private final Inventor inventor;
    private final Forger forger;
    private final TwoFaces faces;
    private final FalseStates states;
    private final Randomness random;
    private final List<ByteBuffer> said = new ArrayList<>();
    private final Set<NodeId> starved = new HashSet<>();
    private final LongConsumer lies;

    /**
     * How often it does what, from 0 to 1.
     *
     * @param mutate of all protocol messages
     * @param drop likewise
     * @param replay sends an older message of its own as well
     * @param delay keeps a message back for up to {@code longestDelay}
     * @param starve whether some peers hear nothing at all
     * @param lieToClients of all replies
     * @param mutateSigned of all messages that it signs: VIEW-CHANGE, NEW-VIEW, CHECKPOINT
     * @param invent says something that it was never asked to say: a proposal, a vote
     * @param forge of its VIEW-CHANGEs and NEW-VIEWs: makes other well-formed ones
     * @param twoFaced whether it proposes different batches to different peers
     * @param falsify of its answers about states: another state than the certified one, or not quite it
     */
    public record Habits(
            double mutate,
            double drop,
            double replay,
            double delay,
            Duration longestDelay,
            boolean starve,
            double lieToClients,
            double mutateSigned,
            double invent,
            double forge,
            boolean twoFaced,
            double falsify) {

        /** Lies in view changes only, and as a primary perhaps with two faces. */
        public static Habits forger(boolean twoFaced) {
            return new Habits(0, 0, 0, 0, Duration.ofMillis(1), false, 0, 0, 0, 0.8, twoFaced, 0);
        }

        /** Votes as it should, and serves false states. */
        public static Habits falseSource(double falsify) {
            return new Habits(0, 0, 0, 0, Duration.ofMillis(1), false, 0, 0, 0, 0, false, falsify);
        }

        /** Says nothing false but to clients, and much of the rest late, again, to few, or never. */
        public static Habits withholder(Randomness random) {
            return new Habits(
                    0,
                    random.below(100) / 100.0,
                    random.below(20) / 100.0,
                    random.below(30) / 100.0,
                    Duration.ofMillis(random.between(10, 2000)),
                    random.chance(0.5),
                    random.below(100) / 100.0,
                    0,
                    0,
                    0,
                    false,
                    0);
        }

        public static Habits draw(Randomness random) {
            Randomness states = random.split("states");
            return new Habits(
                    random.chance(0.7) ? 0.02 + random.below(30) / 100.0 : 0,
                    random.chance(0.4) ? random.below(40) / 100.0 : 0,
                    random.chance(0.5) ? random.below(20) / 100.0 : 0,
                    random.chance(0.4) ? random.below(30) / 100.0 : 0,
                    Duration.ofMillis(random.between(10, 2000)),
                    random.chance(0.3),
                    random.chance(0.5) ? random.below(100) / 100.0 : 0,
                    random.chance(0.5) ? random.below(100) / 100.0 : 0,
                    random.chance(0.5) ? random.below(30) / 100.0 : 0,
                    random.chance(0.5) ? random.below(100) / 100.0 : 0,
                    random.chance(0.4),
                    states.chance(0.5) ? states.below(100) / 100.0 : 0);
        }
    }

    /**
     * @param peers all members
     * @param lies counts what was altered or withheld
     */
    public Liar(
            Habits habits,
            Environment environment,
            ReplicaId self,
            ReplicaSigner signer,
            Randomness random,
            List<ReplicaId> peers,
            LongConsumer lies) {
        this.habits = habits;
        this.environment = environment;
        this.mutator = new RecordMutator(self, signer, random);
        this.random = random;
        this.inventor = new Inventor(random);
        this.forger = new Forger(self, signer, random, new Quorums(peers.size()).quorum());
        this.faces = new TwoFaces(random);
        this.states = new FalseStates(random.split("states"));
        this.lies = lies;
        if (habits.starve()) {
            peers.stream().filter(peer -> random.chance(0.4)).forEach(starved::add);
        }
    }

    @Override
    public void outgoing(NodeId to, ModuleId module, ByteBuffer payload, Consumer<ByteBuffer> onward) {
        if (starved.contains(to) || random.chance(habits.drop())) {
            lies.accept(1);
            return;
        }
        switch (module) {
            case PROTOCOL -> protocol(to, payload, onward);
            case APPLICATION -> application(payload, onward);
            case STATE_TRANSFER -> transfer(payload, onward);
            case RECONFIGURATION -> bytes(payload, onward);
        }
    }

    private void protocol(NodeId to, ByteBuffer payload, Consumer<ByteBuffer> onward) {
        if (random.chance(habits.replay()) && !said.isEmpty()) {
            lies.accept(1);
            onward.accept(said.get(random.below(said.size())).duplicate());
        }
        remember(payload);
        ByteBuffer message = payload;
        if (OrderingCodec.decode(payload.duplicate())
                instanceof Decoded.Value<OrderingMessage>(OrderingMessage honest)) {
            hear(honest);
            if (random.chance(habits.invent())) {
                inventor.invent().ifPresent(invented -> {
                    lies.accept(1);
                    onward.accept(OrderingCodec.encode(invented));
                });
            }
            Optional<OrderingMessage> instead = instead(to, honest);
            if (instead.isPresent()) {
                lies.accept(1);
                message = OrderingCodec.encode(instead.get());
            } else if (random.chance(isSigned(honest) ? habits.mutateSigned() : habits.mutate())) {
                Optional<ByteBuffer> altered = mutator.mutate((Record) honest).flatMap(Liar::encode);
                message = altered.orElse(payload);
                lies.accept(altered.isPresent() ? 1 : 0);
            }
        }
        sendNowOrLater(message, onward);
    }

    private static boolean isSigned(OrderingMessage message) {
        return message instanceof OrderingMessage.SignedViewChange
                || message instanceof OrderingMessage.SignedNewView
                || message instanceof OrderingMessage.SignedCheckpoint;
    }

    private Optional<OrderingMessage> instead(NodeId to, OrderingMessage honest) {
        Optional<OrderingMessage> forged = random.chance(habits.forge()) ? forger.forge(honest) : Optional.empty();
        return forged.isEmpty() && habits.twoFaced() ? faces.other(to, honest) : forged;
    }

    private void hear(OrderingMessage message) {
        inventor.hear(message);
        forger.hear(message);
    }

    /** Inventions and forgeries are made of what others say. */
    @Override
    public void incoming(NodeId from, ModuleId module, ByteBuffer payload) {
        if (module == ModuleId.PROTOCOL
                && habits.invent() + habits.forge() > 0
                && OrderingCodec.decode(payload.duplicate())
                        instanceof Decoded.Value<OrderingMessage>(OrderingMessage message)) {
            hear(message);
        }
    }

    /** Some records can be made that no encoding exists for. */
    private static Optional<ByteBuffer> encode(Record altered) {
        try {
            return Optional.of(OrderingCodec.encode((OrderingMessage) altered));
        } catch (RuntimeException unsayable) {
            return Optional.empty();
        }
    }

    private void application(ByteBuffer payload, Consumer<ByteBuffer> onward) {
        ByteBuffer message = payload;
        if (random.chance(habits.lieToClients())
                && ApplicationCodec.decode(payload.duplicate())
                        instanceof Decoded.Value<ApplicationMessage>(ApplicationMessage honest)) {
            message = mutator.mutate((Record) honest)
                    .map(altered -> ApplicationCodec.encode((ApplicationMessage) altered))
                    .orElse(payload);
            lies.accept(1);
        }
        sendNowOrLater(message, onward);
    }

    /** Another state than the certified one, in itself without fault; or one that is not quite it; or bytes that are not what they were. */
    private void transfer(ByteBuffer payload, Consumer<ByteBuffer> onward) {
        if (random.chance(habits.falsify())
                && TransferCodec.decode(payload.duplicate())
                        instanceof Decoded.Value<TransferMessage>(TransferMessage honest)) {
            Optional<TransferMessage> instead = random.chance(0.5)
                    ? states.falsify(honest)
                    : mutator.mutate((Record) honest).map(TransferMessage.class::cast);
            lies.accept(instead.isPresent() ? 1 : 0);
            sendNowOrLater(instead.map(TransferCodec::encode).orElse(payload), onward);
        } else {
            bytes(payload, onward);
        }
    }

    private void bytes(ByteBuffer payload, Consumer<ByteBuffer> onward) {
        ByteBuffer message = payload;
        if (payload.hasRemaining() && random.chance(habits.mutate())) {
            byte[] altered = ByteString.copyFrom(payload.duplicate()).toByteArray();
            altered[random.below(altered.length)] ^= (byte) (1 << random.below(8));
            message = ByteBuffer.wrap(altered);
            lies.accept(1);
        }
        sendNowOrLater(message, onward);
    }

    private void sendNowOrLater(ByteBuffer message, Consumer<ByteBuffer> onward) {
        if (random.chance(habits.delay())) {
            lies.accept(1);
            Duration delay =
                    Duration.ofNanos(1 + random.below(habits.longestDelay().toNanos()));
            var unused = environment.timers().schedule(delay, () -> onward.accept(message));
        } else {
            onward.accept(message);
        }
    }

    private void remember(ByteBuffer payload) {
        if (said.size() < MOST_REMEMBERED) {
            said.add(payload.duplicate());
        } else {
            said.set(random.below(MOST_REMEMBERED), payload.duplicate());
        }
    }
}
