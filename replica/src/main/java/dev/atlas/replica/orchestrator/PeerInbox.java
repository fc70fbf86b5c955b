package dev.atlas.replica.orchestrator;

import dev.atlas.core.crypto.Signable;
import dev.atlas.core.crypto.Signed;
import dev.atlas.core.crypto.Verified;
import dev.atlas.core.message.CheckpointCertificate;
import dev.atlas.core.message.OrderingMessage;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.ordering.Allowance;
import dev.atlas.core.ordering.Now;
import dev.atlas.core.ordering.OrderingEvent;
import dev.atlas.core.preprocessing.RequestPreProcessor;
import dev.atlas.core.wire.Decoded;
import dev.atlas.core.wire.MembershipVerifier;
import dev.atlas.core.wire.OrderingCodec;
import dev.atlas.net.concurrent.Mailbox;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.env.Environment;
import dev.atlas.net.identity.NodeId;
import dev.atlas.net.identity.ReplicaId;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Takes the other members' messages off the network: decodes on the connection's reader thread, has signatures checked on the compute pool, and posts to the
 * orchestrator. A member that sends more than its budget waits on its own connection.
 */
final class PeerInbox {

    static final int LOOKS_PER_MESSAGE = 1024;

    /** About what a connection carries; who needs more asks several. */
    private static final long FETCHED_BYTES_PER_SECOND = 64L << 20;

    /** What looking for a body costs, found or not. */
    private static final int BYTES_PER_LOOK = 128;

    private final ReplicaId self;
    private final Environment environment;
    private final Mailbox<Lane, Letter> mailbox;
    private final InboundBudget budget;
    private final MembershipVerifier verifier;
    private final RequestPreProcessor requests;
    private final PeerOutbox outbox;
    private final SettingsComparison settings;
    private final LongAdder malformed = new LongAdder();
    private final LongAdder badSignatures = new LongAdder();
    private final LongAdder strangers = new LongAdder();
    private final LongAdder excessiveFetches = new LongAdder();
    /** The highest sequence number of the certificates that ordering has had from here. */
    private final AtomicLong certified = new AtomicLong();

    private final ReentrantLock lock = new ReentrantLock();

    /** Guarded by {@link #lock}. */
    private final Allowance allowance;

    PeerInbox(
            ReplicaId self,
            Environment environment,
            Mailbox<Lane, Letter> mailbox,
            InboundBudget budget,
            MembershipVerifier verifier,
            RequestPreProcessor requests,
            PeerOutbox outbox,
            SettingsComparison settings) {
        this(
                self,
                environment,
                mailbox,
                budget,
                verifier,
                requests,
                outbox,
                settings,
                new Allowance(FETCHED_BYTES_PER_SECOND));
    }

    PeerInbox(
            ReplicaId self,
            Environment environment,
            Mailbox<Lane, Letter> mailbox,
            InboundBudget budget,
            MembershipVerifier verifier,
            RequestPreProcessor requests,
            PeerOutbox outbox,
            SettingsComparison settings,
            Allowance allowance) {
        this.self = self;
        this.environment = environment;
        this.mailbox = mailbox;
        this.budget = budget;
        this.verifier = verifier;
        this.requests = requests;
        this.outbox = outbox;
        this.settings = settings;
        this.allowance = allowance;
    }

    long malformed() {
        return malformed.sum();
    }

    long badSignatures() {
        return badSignatures.sum();
    }

    /** Messages from nodes that are no members. */
    long strangers() {
        return strangers.sum();
    }

    /** Fetches that were not answered in full, because their members had fetched enough. */
    long excessiveFetches() {
        return excessiveFetches.sum();
    }

    void receive(NodeId from, List<ByteBuffer> messages) {
        if (!(from instanceof ReplicaId peer) || peer.equals(self) || !budget.isMember(peer)) {
            strangers.add(messages.size());
            return;
        }
        try {
            for (ByteBuffer message : messages) {
                switch (OrderingCodec.decode(message)) {
                    case Decoded.Malformed<OrderingMessage> ignored -> malformed.increment();
                    case Decoded.Value<OrderingMessage> value -> receive(peer, value.value(), message.remaining());
                }
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt(); // the connection is being closed
        }
    }

    private void receive(ReplicaId peer, OrderingMessage message, int bytes) throws InterruptedException {
        switch (message) {
            case OrderingMessage.PrePrepare ignored -> post(peer, Lane.PROPOSALS, message, bytes);
            case OrderingMessage.FetchedBatch ignored -> post(peer, Lane.PROPOSALS, message, bytes);
            case OrderingMessage.Prepare ignored -> post(peer, Lane.VOTES, message, bytes);
            case OrderingMessage.Commit ignored -> post(peer, Lane.VOTES, message, bytes);
            case OrderingMessage.Status ignored -> post(peer, Lane.VOTES, message, bytes);
            case OrderingMessage.DecidedClaims ignored -> post(peer, Lane.VOTES, message, bytes);
            case OrderingMessage.FetchBatches ignored -> post(peer, Lane.VOTES, message, bytes);
            case OrderingMessage.FetchViewChanges ignored -> post(peer, Lane.VOTES, message, bytes);
            case OrderingMessage.SignedCheckpoint checkpoint ->
                verify(
                        peer,
                        checkpoint.signed(),
                        bytes,
                        (now, verified) -> new OrderingEvent.CheckpointReceived(now, peer, verified));
            case OrderingMessage.SignedViewChange viewChange ->
                verify(
                        peer,
                        viewChange.signed(),
                        bytes,
                        (now, verified) -> new OrderingEvent.ViewChangeReceived(now, peer, verified));
            case OrderingMessage.SignedNewView newView ->
                verify(
                        peer,
                        newView.signed(),
                        bytes,
                        (now, verified) -> new OrderingEvent.NewViewReceived(now, peer, verified));
            case OrderingMessage.StableCheckpoint stable -> checkCertificate(peer, stable.certificate(), bytes);
            case OrderingMessage.FetchBodies fetch -> sendBodies(peer, fetch);
            case OrderingMessage.AskDecidedBundles asked -> sayDecided(peer, asked);
            case OrderingMessage.DecidedBundles decided -> requests.saidToBeDecided(peer, decided.digests());
            case OrderingMessage.Settings said -> settings.heard(peer, said.settings());
            case OrderingMessage.Bodies bodies -> requests.receiveFromPeer(peer, bodies.envelopes());
        }
    }

    /** The budget's place is given back by the orchestrator when it opens the letter. */
    private void post(ReplicaId peer, Lane lane, OrderingMessage message, int bytes) throws InterruptedException {
        if (budget.take(peer, bytes) && !mailbox.offer(lane, new Letter.Message(peer, message, bytes))) {
            budget.giveBack(peer, bytes);
        }
    }

    private <M extends Signable> void verify(
            ReplicaId peer, Signed<M> signed, int bytes, BiFunction<Now, Verified<M>, OrderingEvent> event)
            throws InterruptedException {
        check(peer, bytes, () -> verifier.verify(signed).map(verified -> now -> event.apply(now, verified)));
    }

    /** What is not above a certificate that ordering has had would change nothing; whoever is ahead sends its own again and again. */
    private void checkCertificate(ReplicaId peer, CheckpointCertificate certificate, int bytes)
            throws InterruptedException {
        long sequence = certificate.checkpoints().stream()
                .mapToLong(signed -> signed.content().sequence())
                .findFirst()
                .orElse(Long.MAX_VALUE); // without any it is refused like others that prove nothing
        if (sequence > certified.get()) {
            Function<Now, OrderingEvent> event = now -> {
                certified.accumulateAndGet(sequence, Math::max);
                return new OrderingEvent.CertificateReceived(now, peer, certificate);
            };
            check(peer, bytes, () -> verifier.verify(certificate) ? Optional.of(event) : Optional.empty());
        }
    }

    /**
     * Checks on the compute pool, a few messages of a peer at a time: its reader waits with the next. What passes keeps its place in the peer's budget, as in
     * {@link #post}.
     */
    private void check(ReplicaId peer, int bytes, Supplier<Optional<Function<Now, OrderingEvent>>> check)
            throws InterruptedException {
        if (!budget.takeToCheck(peer, bytes)) {
            return;
        }
        environment.computePool().execute(() -> {
            boolean posted = false;
            try {
                Optional<Function<Now, OrderingEvent>> passed = check.get();
                if (passed.isEmpty()) {
                    badSignatures.increment();
                }
                posted = passed.isPresent() && mailbox.offer(Lane.VOTES, new Letter.Checked(peer, passed.get(), bytes));
            } finally {
                budget.checked(peer);
                if (!posted) {
                    budget.giveBack(peer, bytes);
                }
            }
        });
    }

    private void sendBodies(ReplicaId peer, OrderingMessage.FetchBodies fetch) {
        List<Digest> wanted =
                fetch.digests().stream().distinct().limit(LOOKS_PER_MESSAGE).toList();
        if (payForLooks(peer, wanted.size())) {
            outbox.sendBodies(peer, allowed(peer, requests.bodies().find(wanted)));
        } else {
            excessiveFetches.increment();
        }
    }

    private void sayDecided(ReplicaId peer, OrderingMessage.AskDecidedBundles asked) {
        List<Digest> bundles = asked.digests().stream().limit(LOOKS_PER_MESSAGE).toList();
        if (!payForLooks(peer, bundles.size())) {
            excessiveFetches.increment();
            return;
        }
        List<Digest> decided = requests.decidedAmong(bundles);
        if (!decided.isEmpty()) {
            outbox.send(peer, new OrderingMessage.DecidedBundles(decided));
        }
    }

    /** Before it is looked, since all of pre-processing waits for that; false if the peer has nothing left. */
    private boolean payForLooks(ReplicaId peer, int looks) {
        long now = environment.clock().nanoTime();
        lock.lock();
        try {
            boolean left = allowance.isLeft(peer, now);
            if (left) {
                allowance.spend(peer, now, (long) looks * BYTES_PER_LOOK);
            }
            return left;
        } finally {
            lock.unlock();
        }
    }

    private List<RequestBundle> allowed(ReplicaId peer, List<RequestBundle> found) {
        long now = environment.clock().nanoTime();
        long room = outbox.room(peer);
        List<RequestBundle> allowed = new ArrayList<>();
        lock.lock();
        try {
            for (RequestBundle bundle : found) {
                if (!allowance.isLeft(peer, now)) {
                    excessiveFetches.increment();
                    break;
                }
                if (room <= 0) {
                    outbox.putOff();
                    break;
                }
                room -= bundle.size();
                allowance.spend(peer, now, bundle.size());
                allowed.add(bundle);
            }
        } finally {
            lock.unlock();
        }
        return allowed;
    }
}
