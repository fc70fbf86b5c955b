package dev.atlas.core.ordering.pbft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.core.crypto.Verified;
import dev.atlas.core.message.Batch;
import dev.atlas.core.message.Batches;
import dev.atlas.core.message.OrderingMessage;
import dev.atlas.core.ordering.Action;
import dev.atlas.core.ordering.Effects;
import dev.atlas.core.ordering.Now;
import dev.atlas.core.ordering.OrderingEvent;
import dev.atlas.core.ordering.TimerKey;
import dev.atlas.core.types.Membership;
import dev.atlas.core.wire.ReplicaSigner;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.crypto.Hasher;
import dev.atlas.net.crypto.PublicKey;
import dev.atlas.net.crypto.SignatureScheme;
import dev.atlas.net.identity.ReplicaId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;

/**
 * Pure replicas on one thread: the seed picks which message or timer is next. Bodies are always at hand; requests are numbers that any primary may propose.
 * What is decided is compared as it happens.
 */
final class PbftCluster {

    static final long EPOCH = 0;
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(1);

    final List<Replica> replicas = new ArrayList<>();
    final Membership membership;
    final Random random;
    final PbftConfig config;

    /** Drops or alters what travels between different replicas. */
    Network network = (from, to, message) -> Optional.of(message);

    /** Of ten messages between different replicas, how many arrive twice. */
    int duplicatesInTen;

    long nanos;
    private final List<InFlight> inFlight = new ArrayList<>();
    private final Map<Long, Digest> decided = new TreeMap<>();
    private final List<Batch> requests = new ArrayList<>();

    interface Network {
        Optional<OrderingMessage> pass(ReplicaId from, ReplicaId to, OrderingMessage message);
    }

    PbftCluster(int n, PbftConfig config, long seed) {
        this.random = new Random(seed);
        this.config = config;
        List<Membership.Member> members = new ArrayList<>();
        for (int number = 0; number < n; number++) {
            members.add(new Membership.Member(new ReplicaId(number), new PublicKey(new byte[] {(byte) number})));
        }
        membership = new Membership(EPOCH, members);
        for (int number = 0; number < n; number++) {
            replicas.add(new Replica(new ReplicaId(number)));
        }
        replicas.forEach(replica -> replica.handle(new OrderingEvent.Started(now())));
    }

    Now now() {
        return new Now(nanos, 1_000_000 + nanos / 1_000_000);
    }

    /** A request that whoever leads may propose. */
    void request() {
        requests.add(Batches.of(1 + requests.size(), List.of()));
    }

    int requested() {
        return requests.size();
    }

    Map<Long, Digest> decided() {
        return decided;
    }

    /** Delivers a random message, or lets time pass to the next timer. */
    void step() {
        if (!inFlight.isEmpty() && random.nextInt(20) != 0) {
            InFlight next = inFlight.remove(random.nextInt(inFlight.size()));
            replica(next.to).receive(next.from, next.message);
        } else {
            fireNextTimer();
        }
        replicas.forEach(Replica::propose);
    }

    void run(int steps) {
        for (int step = 0; step < steps; step++) {
            step();
        }
    }

    /** Runs until every live replica has decided every request, as long as {@code bound} steps. */
    boolean settles(int bound) {
        for (int step = 0; step < bound; step++) {
            if (replicas.stream().allMatch(replica -> replica.crashed || replica.hasAll())) {
                return true;
            }
            step();
        }
        return false;
    }

    Replica replica(ReplicaId id) {
        return replicas.get(id.number());
    }

    private void fireNextTimer() {
        Replica owner = null;
        TimerKey key = null;
        long earliest = Long.MAX_VALUE;
        for (Replica replica : replicas) {
            for (Map.Entry<TimerKey, Long> timer : replica.timers.entrySet()) {
                if (!replica.crashed && timer.getValue() < earliest) {
                    owner = replica;
                    key = timer.getKey();
                    earliest = timer.getValue();
                }
            }
            long request = replica.requestDue();
            if (!replica.crashed && request < earliest) {
                owner = replica;
                key = null;
                earliest = request;
            }
        }
        if (owner == null) {
            return;
        }
        nanos = Math.max(nanos, earliest);
        if (key == null) {
            owner.lookedAt = nanos;
            Duration overdue = Duration.ofNanos(nanos - owner.requestSince).minus(REQUEST_TIMEOUT);
            owner.handle(new OrderingEvent.RequestTimedOut(now(), owner.view, overdue));
        } else {
            owner.timers.remove(key);
            owner.handle(new OrderingEvent.TimerFired(now(), key));
        }
    }

    private record InFlight(ReplicaId from, ReplicaId to, OrderingMessage message) {}

    /** One pure replica with the shell that a test needs: timers, loopback, request timer. */
    final class Replica {
        final ReplicaId id;
        final Pbft pbft;
        final Map<TimerKey, Long> timers = new LinkedHashMap<>();
        final Map<Digest, Long> delivered = new HashMap<>();
        private final Map<String, Digest> said = new HashMap<>();
        final List<Action.Report> reports = new ArrayList<>();
        boolean crashed;
        long view;
        long requestSince;
        long lookedAt;
        long lastDecided;

        Replica(ReplicaId id) {
            this.id = id;
            this.pbft = new Pbft(id, membership, config, new ReplicaSigner(id, "test", new NoKeys()), Start.GENESIS);
        }

        boolean hasAll() {
            return requests.stream().allMatch(batch -> delivered.containsKey(batch.digest()));
        }

        /** The shell's request timer: runs in an active view while something is undecided. */
        long requestDue() {
            return hasAll() || !pbft.status().active()
                    ? Long.MAX_VALUE
                    : Math.max(requestSince, lookedAt) + REQUEST_TIMEOUT.toNanos();
        }

        void receive(ReplicaId from, OrderingMessage message) {
            handle(event(from, message));
        }

        void propose() {
            while (!crashed && pbft.readyForBatch()) {
                Optional<Batch> next = requests.stream()
                        .filter(batch -> !delivered.containsKey(batch.digest()) && !proposed.contains(batch.digest()))
                        .findFirst();
                if (next.isEmpty()) {
                    return;
                }
                proposed.add(next.get().digest());
                handle(new OrderingEvent.Propose(now(), next.get()));
            }
        }

        private final java.util.Set<Digest> proposed = new java.util.HashSet<>();

        void handle(OrderingEvent event) {
            if (crashed) {
                return;
            }
            for (Effects.Group group : pbft.handle(event).groups()) {
                group.actions().forEach(this::perform);
            }
        }

        private void perform(Action action) {
            switch (action) {
                case Action.Send send -> {
                    checkConsistent(send.message());
                    post(send.to(), send.message());
                }
                case Action.Broadcast broadcast -> {
                    checkConsistent(broadcast.message());
                    membership.ids().stream().filter(to -> !to.equals(id)).forEach(to -> post(to, broadcast.message()));
                    inFlight.add(new InFlight(id, id, broadcast.message()));
                }
                case Action.StartTimer start ->
                    timers.put(start.timer(), nanos + start.delay().toNanos());
                case Action.StopTimer stop -> timers.remove(stop.timer());
                case Action.Decide decide -> decide(decide);
                case Action.EnterView enter -> {
                    view = enter.view();
                    requestSince = nanos;
                    proposed.clear();
                }
                case Action.ReturnBatch returned ->
                    proposed.remove(returned.batch().digest());
                case Action.Report report -> reports.add(report);
                case Action.Halt halt -> throw new AssertionError(halt.reason());
                case Action.NeedState need -> throw new AssertionError(id + " needs state " + need);
                case Action.AwaitBodies ignored -> throw new AssertionError("batches here have no bodies");
                case Action.FetchBodies ignored -> throw new AssertionError("batches here have no bodies");
                case Action.ReleaseBatch ignored -> {}
                case Action.LeaveView ignored -> {}
                case Action.CheckpointStable ignored -> {}
                case Action.BecomeVoter ignored -> {}
            }
        }

        /** A correct replica says one thing only for each view, slot and kind, however often it says it. */
        private void checkConsistent(OrderingMessage message) {
            switch (message) {
                case OrderingMessage.PrePrepare said ->
                    checkSaid(
                            "PRE-PREPARE",
                            said.view(),
                            said.sequence(),
                            said.batch().digest());
                case OrderingMessage.Prepare said -> checkSaid("PREPARE", said.view(), said.sequence(), said.digest());
                case OrderingMessage.Commit said -> checkSaid("COMMIT", said.view(), said.sequence(), said.digest());
                case OrderingMessage other -> {}
            }
        }

        private void checkSaid(String kind, long votedIn, long sequence, Digest digest) {
            String vote = kind + " " + votedIn + " " + sequence;
            Digest first = said.putIfAbsent(vote, digest);
            assertThat(first == null || first.equals(digest))
                    .as("%s of %s says one thing", vote, id)
                    .isTrue();
        }

        private void post(ReplicaId to, OrderingMessage message) {
            network.pass(id, to, message).ifPresent(passed -> {
                inFlight.add(new InFlight(id, to, passed));
                if (random.nextInt(10) < duplicatesInTen) {
                    inFlight.add(new InFlight(id, to, passed));
                }
            });
        }

        private void decide(Action.Decide decide) {
            assertThat(decide.sequence())
                    .as("decisions of %s come in order", id)
                    .isEqualTo(++lastDecided);
            Digest first = decided.putIfAbsent(decide.sequence(), decide.batch().digest());
            assertThat(first == null || first.equals(decide.batch().digest()))
                    .as("one decision at %s", decide.sequence())
                    .isTrue();
            delivered.put(decide.batch().digest(), decide.sequence());
            requestSince = nanos;
            if (decide.sequence() % config.checkpointPeriod() == 0) {
                Digest state = Hasher.hash(decide.chain().toBytes());
                pendingCheckpoint(decide, state);
            }
        }

        private void pendingCheckpoint(Action.Decide decide, Digest state) {
            for (Effects.Group group : pbft.handle(
                            new OrderingEvent.CheckpointTaken(now(), decide.sequence(), decide.chain(), state))
                    .groups()) {
                group.actions().forEach(this::perform);
            }
        }
    }

    private OrderingEvent event(ReplicaId from, OrderingMessage message) {
        return switch (message) {
            case OrderingMessage.SignedCheckpoint signed ->
                new OrderingEvent.CheckpointReceived(now(), from, new Verified<>(signed.signed()));
            case OrderingMessage.SignedViewChange signed ->
                new OrderingEvent.ViewChangeReceived(now(), from, new Verified<>(signed.signed()));
            case OrderingMessage.SignedNewView signed ->
                new OrderingEvent.NewViewReceived(now(), from, new Verified<>(signed.signed()));
            case OrderingMessage.StableCheckpoint stable ->
                new OrderingEvent.CertificateReceived(now(), from, stable.certificate());
            case OrderingMessage other -> new OrderingEvent.Received(now(), from, other);
        };
    }

    /** Signatures are not checked here. */
    private static final class NoKeys implements SignatureScheme.KeyPair {
        @Override
        public PublicKey publicKey() {
            return new PublicKey(new byte[1]);
        }

        @Override
        public byte[] secret() {
            return new byte[1];
        }

        @Override
        public byte[] sign(byte[] message) {
            return new byte[1];
        }
    }
}
