package dev.atlas.core.ordering.pbft;

import dev.atlas.core.crypto.MessageSigner;
import dev.atlas.core.message.Batch;
import dev.atlas.core.message.CheckpointCertificate;
import dev.atlas.core.message.OrderingMessage;
import dev.atlas.core.ordering.Action;
import dev.atlas.core.ordering.LogRecord;
import dev.atlas.core.ordering.Now;
import dev.atlas.core.types.Membership;
import dev.atlas.core.types.Quorums;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.identity.ReplicaId;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/** What the parts of {@link Pbft} share: view, window, slots, batches, and the effects of the step being taken. */
final class PbftState {

    /** How many windows beyond its last executed checkpoint an executor may have queued. */
    private static final int DELIVERED_WINDOWS = 2;

    final ReplicaId self;
    final Membership membership;
    final Quorums quorums;
    final PbftConfig config;
    final MessageSigner signer;

    /** False while this replica may have forgotten votes of its own: a learner decides and executes, and says nothing that counts. */
    boolean voter;

    /** This replica's state contradicts a certificate; nothing is handed to execution until another state is installed. */
    boolean diverged;

    final TreeMap<Long, Slot> slots = new TreeMap<>();
    final BatchTable batches = new BatchTable();
    final DecidedLog log = new DecidedLog();
    final FutureMessages future;

    /** Slots with an accepted proposal of the current view that are not decided. */
    final TreeSet<Long> inFlight = new TreeSet<>();

    private final EffectsBuilder effects = new EffectsBuilder();

    /** The view that is active, or the one asked for while none is. */
    long view;

    /** The view whose votes the slots hold: {@link #view} once that is active. */
    long votedView;

    boolean active = true;

    /** h, the last stable checkpoint, and its certificate unless it is the genesis. */
    long stable;

    Optional<CheckpointCertificate> certificate = Optional.empty();

    /** The last checkpoint that was executed or installed here. */
    long executed;

    /** Where the primary proposes next. */
    long nextSequence = 1;

    Now now = new Now(0, 0);

    PbftState(ReplicaId self, Membership membership, PbftConfig config, MessageSigner signer, Start start) {
        this.self = self;
        this.membership = membership;
        this.quorums = membership.quorums();
        this.config = config;
        this.signer = signer;
        this.voter = start.votes();
        this.future = new FutureMessages(config.futureMessages());
    }

    long epoch() {
        return membership.epoch();
    }

    ReplicaId primary() {
        return membership.primary(view);
    }

    boolean isPrimary() {
        return primary().equals(self);
    }

    /** The high watermark. */
    long high() {
        return stable + config.window();
    }

    /** Whether a quorum has certified what this replica does not have yet: it fetches decisions, or a state. */
    boolean isBehind() {
        return log.head() < stable;
    }

    boolean inWindow(long sequence) {
        return sequence > stable && sequence <= high();
    }

    /** Where decisions can be learned: in the window, and in as much beyond what is decided while catching up below it. Between them only a state helps. */
    boolean learnable(long sequence) {
        return sequence > log.head() && (inWindow(sequence) || sequence <= log.head() + config.window());
    }

    /**
     * How far decisions are handed to execution: others make checkpoints stable without us, so the window alone does not keep ordering from running
     * ahead of a slow executor for ever.
     */
    boolean deliverable(long sequence) {
        return sequence <= executed + DELIVERED_WINDOWS * config.window();
    }

    Slot slot(long sequence) {
        return slots.computeIfAbsent(sequence, Slot::new);
    }

    /** Names a digest for a slot; with its batch, the bodies are asked for. */
    BatchTable.Entry name(long sequence, Digest digest) {
        return batches.name(digest, sequence);
    }

    /** Adds a batch that a slot names and asks the shell to hold its bodies. */
    void supply(Batch batch, boolean verified) {
        if (!batches.supply(batch) || batch.bundles().isEmpty()) {
            return;
        }
        batches.find(batch.digest()).flatMap(entry -> entry.await(verified)).ifPresent(this::act);
    }

    /** A slot no longer names a digest. */
    void release(long sequence, Digest digest) {
        if (batches.release(digest, sequence)) {
            act(new Action.ReleaseBatch(digest));
        }
    }

    /** Forgets every digest that any slot up to {@code last} names: a state was installed there, nobody asks for them any more. */
    void releaseThrough(long last) {
        for (long sequence : batches.namingThrough(last)) {
            batches.named(sequence).forEach(digest -> release(sequence, digest));
        }
    }

    /** Forgets every digest that the slot names but the one that was decided there, now or in a life before. */
    void releaseAllBut(Slot slot) {
        releaseIf(slot, digest -> !digest.equals(slot.decided));
    }

    /** Forgets every digest that the slot names and has no use for: what views before proposed, and this replica did not vote for. */
    void releaseUnneeded(Slot slot) {
        releaseIf(slot, digest -> !slot.needs(digest));
    }

    /** Forgets every digest that the slot names. */
    void releaseAll(Slot slot) {
        releaseIf(slot, digest -> true);
    }

    private void releaseIf(Slot slot, Predicate<Digest> isUnneeded) {
        for (Digest digest : batches.named(slot.sequence)) {
            if (isUnneeded.test(digest) && !log.holds(slot.sequence, digest)) {
                release(slot.sequence, digest);
            }
        }
    }

    void act(Action action) {
        effects.act(action);
    }

    void persist(LogRecord record) {
        effects.persist(record);
    }

    void broadcast(OrderingMessage message) {
        effects.act(new Action.Broadcast(message));
    }

    void send(ReplicaId to, OrderingMessage message) {
        if (!to.equals(self)) {
            effects.act(new Action.Send(to, message));
        }
    }

    void report(ReplicaId peer, Action.Misbehaviour misbehaviour) {
        effects.act(new Action.Report(peer, misbehaviour));
    }

    EffectsBuilder effects() {
        return effects;
    }
}
