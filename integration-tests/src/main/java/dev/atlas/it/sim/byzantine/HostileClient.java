package dev.atlas.it.sim.byzantine;

import com.google.protobuf.ByteString;
import dev.atlas.core.message.ApplicationMessage;
import dev.atlas.core.message.Reply;
import dev.atlas.core.message.Request;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.message.RequestBundle.Acknowledgement;
import dev.atlas.core.types.SessionId;
import dev.atlas.core.wire.ApplicationCodec;
import dev.atlas.core.wire.BundleCodec;
import dev.atlas.core.wire.Decoded;
import dev.atlas.it.sim.scheduler.Randomness;
import dev.atlas.net.crypto.SignatureScheme;
import dev.atlas.net.env.Environment;
import dev.atlas.net.identity.NodeId;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.stub.ModuleId;
import dev.atlas.net.stub.NetworkNode;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A client with a key of its own and no scruples: it sends what the library's client never would, for as long as it is let. What it is entitled to, its own
 * sessions and its quota, it may use up and ruin; nothing else.
 *
 * <p>One thread plays; replies come on the network's threads. All on one simulated carrier.
 */
public final class HostileClient {

    private static final Duration LONGEST_SILENCE = Duration.ofSeconds(3);
    private static final int MOST_SESSIONS = 8;
    private static final int MOST_REMEMBERED = 64;

    /** After as many messages it slows down: a run is judged by what correct clients are answered, and they take turns with it. */
    private static final int MOST_AT_FULL_PACE = 300;

    private static final Duration SLOW_PACE = Duration.ofSeconds(4);
    private static final int LARGEST_BODY = 60_000;
    private static final int ABOVE_THE_FRAME_LIMIT = 2_500_000;

    private final Environment environment;
    private final SignatureScheme scheme;
    private final SignatureScheme.KeyPair keys;
    private final BundleCodec codec;
    private final List<ReplicaId> replicas;
    private final List<Trick> tricks;
    private final Randomness random;
    private final Operations operations;
    private final int window;
    private final Duration pace;
    private final Map<Trick, Long> played = new EnumMap<>(Trick.class);
    private final List<SessionId> sessions = new ArrayList<>();
    private final List<ByteBuffer> said = new ArrayList<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition hears = lock.newCondition();
    private final NetworkNode node;
    private boolean deaf;
    private boolean ended;
    private long nextOpening = 1;
    private long nextNumber = 1;
    private int messages;

    /** Makes operations; whoever makes them has to know that they may be executed. */
    @FunctionalInterface
    public interface Operations {

        /**
         * One that has not been made before.
         *
         * @param padding bytes that it is to be larger
         */
        ByteString next(int padding);
    }

    /**
     * @param node not started; closed by {@link #close}
     * @param tricks what it may do beside ordinary calls
     * @param window the replicas' W
     */
    public HostileClient(
            Environment environment,
            NetworkNode node,
            SignatureScheme scheme,
            SignatureScheme.KeyPair keys,
            BundleCodec codec,
            List<ReplicaId> replicas,
            Set<Trick> tricks,
            Randomness random,
            Operations operations,
            int window) {
        this.environment = environment;
        this.node = node;
        this.scheme = scheme;
        this.keys = keys;
        this.codec = codec;
        this.replicas = replicas;
        this.tricks = List.copyOf(tricks);
        this.random = random;
        this.operations = operations;
        this.window = window;
        this.pace = Duration.ofMillis(random.between(5, 200));
    }

    /** Any set of tricks, but not none. */
    public static Set<Trick> drawTricks(Randomness random) {
        Set<Trick> drawn = EnumSet.noneOf(Trick.class);
        while (drawn.isEmpty()) {
            double share = (1 + random.below(100)) / 100.0;
            for (Trick trick : Trick.values()) {
                if (random.chance(share)) {
                    drawn.add(trick);
                }
            }
        }
        return drawn;
    }

    /** Plays until {@link #end}; blocks. */
    public void play() throws InterruptedException {
        node.incoming(ModuleId.APPLICATION).receiver(this::receive);
        node.start();
        while (!ended) {
            if (sessions.isEmpty() || random.chance(0.05)) {
                sayToAll(sign(opening(nextOpening++)));
            } else if (random.chance(0.3)) {
                sayToAll(sign(ordered(nextNumber++)));
            } else {
                Trick trick = tricks.get(random.below(tricks.size()));
                played.merge(trick, 1L, Long::sum);
                play(trick);
            }
            Duration longest = messages < MOST_AT_FULL_PACE ? pace : SLOW_PACE;
            environment.sleep(Duration.ofNanos(1 + random.below(2 * longest.toNanos())));
        }
    }

    /** Says no more after what it is saying, and hears again. */
    public void end() {
        ended = true;
        hear();
    }

    public void close() {
        end();
        node.close();
    }

    /** How often it did what. */
    public Map<Trick, Long> played() {
        return new EnumMap<>(played);
    }

    private void play(Trick trick) {
        switch (trick) {
            case TWO_BODIES -> {
                long number = nextNumber++;
                SessionId session = session();
                ByteBuffer one = sign(ordered(session, number, operations.next(0)));
                ByteBuffer other = sign(ordered(session, number, operations.next(0)));
                replicas.forEach(replica -> say(replica, random.chance(0.5) ? one : other));
            }
            case SOME_REPLICAS -> {
                ByteBuffer bundle = sign(ordered(nextNumber++));
                some().forEach(replica -> say(replica, bundle));
            }
            case REPLAY -> {
                ByteBuffer old = said.get(random.below(said.size()));
                some().forEach(replica -> say(replica, old));
            }
            case FAR_AHEAD -> {
                long number = random.chance(0.3)
                        ? Long.MAX_VALUE - random.below(3)
                        : nextNumber + window + random.below(2 * window);
                sayToAll(sign(ordered(session(), number, operations.next(0))));
            }
            case LARGE -> large();
            case FLOOD -> {
                for (int bundles = random.between(10, 60); bundles > 0; bundles--) {
                    sayToAll(sign(ordered(nextNumber++)));
                }
            }
            case BAD_SIGNATURE -> {
                byte[] forged = seal(keys, List.of(ordered(nextNumber)), List.of())
                        .envelope()
                        .toByteArray();
                forged[forged.length - 1 - random.below(8)] ^= (byte) (1 << random.below(8));
                sayToAll(message(ByteString.copyFrom(forged)));
            }
            case DEAF -> {
                deaf = true;
                var unused = environment
                        .timers()
                        .schedule(Duration.ofNanos(1 + random.below(LONGEST_SILENCE.toNanos())), this::hear);
            }
            case SESSIONS -> {
                List<Request> openings = new ArrayList<>();
                for (int count = random.between(1, 20); count > 0; count--) {
                    openings.add(opening(random.chance(0.8) ? nextOpening++ : random.below(nextOpening)));
                }
                sayToAll(sign(openings, List.of()));
            }
            case SAME_NUMBERS -> sayToAll(sign(sameNumbers(), List.of()));
            case FALSE_ACKNOWLEDGEMENTS -> {
                List<Acknowledgement> false_ = new ArrayList<>();
                for (int count = random.chance(0.1) ? 250 : random.between(1, 4); count > 0; count--) {
                    false_.add(new Acknowledgement(random.chance(0.7) ? session() : strangeSession(), strangeNumber()));
                }
                sayToAll(sign(List.of(ordered(nextNumber++)), false_));
            }
            case STRANGE_SESSIONS -> sayToAll(sign(ordered(strangeSession(), strangeNumber(), operations.next(0))));
            case NOISE -> noise();
            case OTHERS_BUNDLES ->
                sayToAll(message(seal(
                                scheme.generate(environment.random()),
                                List.of(random.chance(0.5) ? opening(1) : ordered(nextNumber)),
                                List.of())
                        .envelope()));
        }
    }

    private void large() {
        if (random.chance(0.1)) {
            sayToAll(message(ByteString.copyFrom(new byte[ABOVE_THE_FRAME_LIMIT])));
        } else if (random.chance(0.5)) {
            sayToAll(sign(ordered(session(), nextNumber++, operations.next(random.below(LARGEST_BODY)))));
        } else {
            List<Request> many = new ArrayList<>();
            for (int count = random.between(2, 300); count > 0; count--) {
                many.add(ordered(nextNumber++));
            }
            sayToAll(sign(many, List.of()));
        }
    }

    private List<Request> sameNumbers() {
        SessionId session = session();
        long number = nextNumber++;
        ByteString one = operations.next(0);
        ByteString other = operations.next(0);
        List<Request> requests = new ArrayList<>();
        for (int count = random.between(2, 6); count > 0; count--) {
            requests.add(
                    switch (random.below(5)) {
                        case 0 -> new Request(Request.Kind.UNORDERED, SessionId.NONE, number, operations.next(0));
                        case 1 -> opening(random.chance(0.5) ? nextOpening++ : nextOpening - 1);
                        case 2 -> ordered(session, number, other);
                        default -> ordered(session, number, one);
                    });
        }
        return requests;
    }

    private void noise() {
        ByteString bytes = noise(random.between(1, 200));
        switch (random.below(4)) {
            case 0 -> sayToAll(bytes.asReadOnlyByteBuffer());
            case 1 -> sayToAll(message(bytes));
            case 2 -> sayToAll(sign(ordered(session(), nextNumber++, bytes)));
            default ->
                sayToAll(ApplicationCodec.encode(
                        new ApplicationMessage.Busy(ApplicationMessage.Busy.Reason.QUOTA_EXCEEDED, Long.MAX_VALUE)));
        }
    }

    private ByteString noise(int size) {
        byte[] bytes = new byte[size];
        for (int index = 0; index < size; index++) {
            bytes[index] = (byte) random.below(256);
        }
        return ByteString.copyFrom(bytes);
    }

    private SessionId session() {
        return sessions.isEmpty() ? strangeSession() : sessions.get(random.below(sessions.size()));
    }

    private SessionId strangeSession() {
        return random.chance(0.1)
                ? new SessionId(Long.MAX_VALUE, Integer.MAX_VALUE)
                : new SessionId(random.below(60), random.below(4));
    }

    private long strangeNumber() {
        return random.chance(0.1) ? Long.MAX_VALUE : random.below(nextNumber + 2L * window);
    }

    private static Request opening(long number) {
        return new Request(Request.Kind.OPEN_SESSION, SessionId.NONE, number, ByteString.EMPTY);
    }

    private Request ordered(long number) {
        return ordered(session(), number, operations.next(0));
    }

    private static Request ordered(SessionId session, long number, ByteString payload) {
        return new Request(Request.Kind.ORDERED, session, number, payload);
    }

    private ByteBuffer sign(Request request) {
        return sign(List.of(request), List.of());
    }

    /** Also remembers it, for a replay. */
    private ByteBuffer sign(List<Request> requests, List<Acknowledgement> acknowledgements) {
        ByteBuffer message = message(seal(keys, requests, acknowledgements).envelope());
        if (said.size() < MOST_REMEMBERED) {
            said.add(message);
        } else {
            said.set(random.below(MOST_REMEMBERED), message);
        }
        return message;
    }

    private RequestBundle seal(
            SignatureScheme.KeyPair by, List<Request> requests, List<Acknowledgement> acknowledgements) {
        return codec.seal(by, requests, acknowledgements);
    }

    private static ByteBuffer message(ByteString envelope) {
        return ApplicationCodec.encode(new ApplicationMessage.Bundle(envelope));
    }

    private List<ReplicaId> some() {
        List<ReplicaId> some = new ArrayList<>();
        while (some.isEmpty()) {
            replicas.stream().filter(replica -> random.chance(0.5)).forEach(some::add);
        }
        return some;
    }

    private void sayToAll(ByteBuffer message) {
        replicas.forEach(replica -> say(replica, message));
    }

    private void say(ReplicaId to, ByteBuffer message) {
        messages++;
        node.outgoing(ModuleId.APPLICATION).send(to, message.duplicate());
    }

    private void receive(NodeId from, List<ByteBuffer> received) {
        lock.lock();
        try {
            while (deaf) {
                hears.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
        for (ByteBuffer message : received) {
            if (ApplicationCodec.decode(message)
                    instanceof Decoded.Value<ApplicationMessage>(ApplicationMessage.ReplyBundle bundle)) {
                bundle.replies().stream()
                        .filter(reply -> reply.outcome() == Reply.Outcome.SESSION_OPENED)
                        .map(Reply::session)
                        .filter(opened -> !sessions.contains(opened))
                        .forEach(this::remember);
            }
        }
    }

    /** A new session begins with number 1, but the old ones go on. */
    private void remember(SessionId opened) {
        sessions.add(opened);
        nextNumber = 1;
        if (sessions.size() > MOST_SESSIONS) {
            sessions.removeFirst();
        }
    }

    private void hear() {
        lock.lock();
        try {
            deaf = false;
            hears.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
