package dev.atlas.replica.transfer;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.DivisibleState.PartDescriptor;
import dev.atlas.core.execution.CheckpointSnapshot;
import dev.atlas.core.execution.StateTransferPort;
import dev.atlas.core.message.CheckpointCertificate;
import dev.atlas.core.statetransfer.Span;
import dev.atlas.core.statetransfer.TransferMessage;
import dev.atlas.core.wire.TransferCodec;
import dev.atlas.net.concurrent.Backoff;
import dev.atlas.net.concurrent.Mailbox;
import dev.atlas.net.concurrent.Supervisor;
import dev.atlas.net.env.Environment;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.stub.OutgoingStub;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves the states at stable checkpoints, beside execution.
 *
 * <p>Each peer has its own queue and thread, so that one that does not read delays nobody else, and may keep one state alive that execution would drop: it is
 * kept while the peer goes on asking. While requests are ordered each peer is served for a share of the time only. Thread-safe.
 */
public final class StateServer {

    private static final Logger LOG = LoggerFactory.getLogger(StateServer.class);

    /** What a peer may have asked for and not been sent; the rest is dropped, and asked for again. */
    private static final int QUESTIONS_PER_PEER = 256;

    private static final int QUESTIONS_AT_ONCE = 64;

    /** Parts that are written in one go, so that handing over to the pool costs little; and what is in memory for each peer beside its queue. */
    private static final long BYTES_AT_ONCE = 1 << 20;

    /** How long a state is kept for a peer that asks no more. */
    static final Duration LEASE = Duration.ofSeconds(15);

    private static final Backoff.Policy RESTART = new Backoff.Policy(Duration.ofMillis(100), Duration.ofSeconds(5));

    /** Executors keep as many. */
    private static final int CERTIFICATES = 3;

    private final Environment environment;
    private final OutgoingStub stub;
    private final StateTransferPort states;
    private final int largestMessage;
    private final ServingPace pace;
    private final Map<ReplicaId, Mailbox<Queue, TransferMessage.Question>> questions = new LinkedHashMap<>();
    private final ReentrantLock lock = new ReentrantLock();

    /** Guarded by {@link #lock}, like the leases. */
    private final TreeMap<Long, CheckpointCertificate> certificates = new TreeMap<>();

    private final Map<ReplicaId, Lease> leases = new TreeMap<>();

    /** The last state of which it has been said that it does not fit. */
    private final AtomicLong tooLarge = new AtomicLong(-1);

    /** The same of one that its application cannot write. */
    private final AtomicLong unwritable = new AtomicLong(-1);

    private record Lease(CheckpointSnapshot snapshot, long untilNanos) {}

    private enum Queue {
        QUESTIONS
    }

    /**
     * @param largestMessage in bytes
     * @param servingShare most of the time that is spent on each peer while requests are ordered, above 0 and up to 1
     */
    public StateServer(
            Environment environment,
            ReplicaId self,
            List<ReplicaId> members,
            OutgoingStub stub,
            StateTransferPort states,
            int largestMessage,
            double servingShare) {
        this.environment = environment;
        this.stub = stub;
        this.states = states;
        this.largestMessage = largestMessage;
        this.pace = new ServingPace(environment.clock(), servingShare);
        members.stream()
                .filter(member -> !member.equals(self))
                .forEach(member -> questions.put(member, new Mailbox<>(Queue.class, lane -> QUESTIONS_PER_PEER)));
    }

    public void start(Supervisor threads) {
        questions.forEach((peer, asked) -> threads.keepRunning("state-server", RESTART, () -> serve(peer, asked)));
    }

    public void close() {
        questions.values().forEach(Mailbox::close);
    }

    /** A batch with requests was ordered: while there are any, serving states takes only a share of the time. */
    public void ordered() {
        pace.ordered();
    }

    /** A checkpoint is stable: its state may be served. */
    public void stable(CheckpointCertificate certificate) {
        lock.lock();
        try {
            certificates.put(certificate.content().sequence(), certificate);
            while (certificates.size() > CERTIFICATES) {
                certificates.pollFirstEntry();
            }
            dropExpired(); // or the last state that anybody has asked for would be kept until somebody asks again
        } finally {
            lock.unlock();
        }
    }

    /** False if the peer is no member or asks for too much at once. */
    boolean offer(ReplicaId peer, TransferMessage.Question question) {
        Mailbox<Queue, TransferMessage.Question> asked = questions.get(peer);
        return asked != null && asked.offer(Queue.QUESTIONS, question);
    }

    private void serve(ReplicaId peer, Mailbox<Queue, TransferMessage.Question> asked) throws InterruptedException {
        List<TransferMessage.Question> drained = new ArrayList<>();
        while (asked.drain(drained, QUESTIONS_AT_ONCE)) {
            ArrayDeque<TransferMessage.Question> questions = new ArrayDeque<>(drained);
            drained.clear();
            while (!questions.isEmpty()) {
                long begun = environment.clock().nanoTime();
                for (ByteBuffer answer : answer(peer, questions)) {
                    stub.send(peer, answer); // blocks while the peer does not read
                }
                Duration rest = pace.restAfter(begun);
                if (!rest.isZero()) {
                    environment.sleep(rest);
                }
            }
        }
    }

    /** Takes one question or several of the same kind, and answers. */
    private List<ByteBuffer> answer(ReplicaId peer, ArrayDeque<TransferMessage.Question> questions)
            throws InterruptedException {
        return switch (questions.element()) {
            case TransferMessage.AskState ask -> {
                questions.remove();
                yield List.of(TransferCodec.encode(newest(peer, ask.atLeast())
                        .<TransferMessage>map(TransferMessage.StateOffer::new)
                        .orElseGet(() -> new TransferMessage.Unavailable(ask.atLeast()))));
            }
            case TransferMessage.FetchDescriptor fetch -> {
                questions.remove();
                yield List.of(fitting(
                        fetch.sequence(),
                        "the list of its parts",
                        TransferCodec.encode(leased(peer, fetch.sequence())
                                .<TransferMessage>map(snapshot -> new TransferMessage.Described(snapshot.descriptor()))
                                .orElseGet(() -> new TransferMessage.Unavailable(fetch.sequence())))));
            }
            case TransferMessage.FetchParts fetch -> parts(peer, fetch.sequence(), questions);
        };
    }

    /** The network would drop a message that is too large, and nobody would know why a state does not come. */
    private ByteBuffer fitting(long sequence, String what, ByteBuffer message) {
        if (message.remaining() <= largestMessage) {
            return message;
        }
        if (tooLarge.getAndSet(sequence) != sequence) {
            LOG.error(
                    "the state at {} cannot be fetched: {} takes {} bytes, and transferFrame is {}; divide the state otherwise, or raise it on all replicas",
                    sequence,
                    what,
                    message.remaining(),
                    largestMessage);
        }
        return TransferCodec.encode(new TransferMessage.Unavailable(sequence));
    }

    /** Of one state: to compare another with its certificate takes long, and is a turn of its own. */
    private List<ByteBuffer> parts(ReplicaId peer, long sequence, ArrayDeque<TransferMessage.Question> questions)
            throws InterruptedException {
        Optional<CheckpointSnapshot> state = leased(peer, sequence);
        List<Wanted> wanted = new ArrayList<>();
        long bytes = 0;
        while (bytes < BYTES_AT_ONCE
                && questions.peek() instanceof TransferMessage.FetchParts fetch
                && fetch.sequence() == sequence) {
            questions.remove();
            Optional<CheckpointSnapshot> snapshot = state.filter(kept -> hasTogether(kept, fetch));
            wanted.add(new Wanted(fetch, snapshot));
            bytes += snapshot.map(kept -> bytes(kept, fetch)).orElse(0L);
        }
        return write(wanted);
    }

    /** More than a correct peer asks for together is not here for anybody. */
    private static boolean hasTogether(CheckpointSnapshot state, TransferMessage.FetchParts fetch) {
        return fetch.count() <= state.descriptor().parts().size() - fetch.first()
                && (fetch.count() == 1 || bytes(state, fetch) <= Span.MOST_BYTES);
    }

    private static long bytes(CheckpointSnapshot state, TransferMessage.FetchParts fetch) {
        return state.descriptor().parts().subList(fetch.first(), fetch.first() + fetch.count()).stream()
                .mapToLong(PartDescriptor::bytes)
                .sum();
    }

    private record Wanted(TransferMessage.FetchParts fetch, Optional<CheckpointSnapshot> snapshot) {

        TransferMessage answer() {
            return snapshot.<TransferMessage>map(kept ->
                            new TransferMessage.Parts(fetch.sequence(), fetch.first(), fetch.count(), bytes(kept)))
                    .orElseGet(() -> new TransferMessage.Unavailable(fetch.sequence()));
        }

        private ByteString bytes(CheckpointSnapshot kept) {
            return IntStream.range(fetch.first(), fetch.first() + fetch.count())
                    .mapToObj(index -> kept.part(index).bytes())
                    .collect(Collectors.collectingAndThen(Collectors.toList(), ByteString::copyFrom));
        }
    }

    /** An application that fails to write its state, with whatever exception, keeps that state from its peers, and nothing else. */
    private ByteBuffer encode(Wanted part) {
        long sequence = part.fetch().sequence();
        try {
            return fitting(sequence, "one of its parts", TransferCodec.encode(part.answer()));
        } catch (Exception failure) { // a checked one too: not every language has them declared
            if (unwritable.getAndSet(sequence) != sequence) {
                LOG.error(
                        "the state at {} cannot be fetched from here: one of its parts cannot be written",
                        sequence,
                        failure);
            }
            return TransferCodec.encode(new TransferMessage.Unavailable(sequence));
        }
    }

    /** A part may have to be serialised first, which is no work for a virtual thread. */
    private List<ByteBuffer> write(List<Wanted> wanted) throws InterruptedException {
        CompletableFuture<List<ByteBuffer>> written = new CompletableFuture<>();
        environment.computePool().execute(() -> {
            try {
                written.complete(wanted.stream().map(this::encode).toList());
            } catch (Throwable failure) {
                written.completeExceptionally(failure);
            }
        });
        try {
            return written.get();
        } catch (ExecutionException failure) {
            throw new IllegalStateException("parts of a state cannot be written", failure.getCause());
        }
    }

    /** What is offered is kept: while its peer hears of it and asks others, execution may go past more states than are kept anyway. */
    private Optional<CheckpointCertificate> newest(ReplicaId peer, long atLeast) {
        return newestFirst(atLeast).stream()
                .filter(certificate ->
                        leased(peer, certificate.content().sequence()).isPresent())
                .findFirst();
    }

    private List<CheckpointCertificate> newestFirst(long atLeast) {
        lock.lock();
        try {
            return List.copyOf(
                    certificates.tailMap(atLeast, true).descendingMap().values());
        } finally {
            lock.unlock();
        }
    }

    private Optional<CheckpointSnapshot> leased(ReplicaId peer, long sequence) {
        Optional<CheckpointSnapshot> snapshot = leased(sequence).or(() -> certified(sequence));
        snapshot.ifPresent(kept -> lease(peer, kept));
        return snapshot;
    }

    /** One that is kept for any peer. */
    private Optional<CheckpointSnapshot> leased(long sequence) {
        lock.lock();
        try {
            dropExpired();
            return leases.values().stream()
                    .map(Lease::snapshot)
                    .filter(kept -> kept.descriptor().sequence() == sequence)
                    .findFirst();
        } finally {
            lock.unlock();
        }
    }

    /** Under the lock. */
    private void dropExpired() {
        long now = environment.clock().nanoTime();
        leases.values().removeIf(lease -> lease.untilNanos - now <= 0);
    }

    private void lease(ReplicaId peer, CheckpointSnapshot snapshot) {
        long until = environment.clock().nanoTime() + LEASE.toNanos();
        lock.lock();
        try {
            leases.put(peer, new Lease(snapshot, until));
        } finally {
            lock.unlock();
        }
    }

    /** Our own state is served only if it is the one that the certificate names. Hashes its descriptor, which takes long: never under the lock. */
    private Optional<CheckpointSnapshot> certified(long sequence) {
        return certificate(sequence)
                .flatMap(certificate -> states.checkpoint(sequence)
                        .filter(snapshot -> snapshot.descriptor()
                                .digest()
                                .equals(certificate.content().state())));
    }

    private Optional<CheckpointCertificate> certificate(long sequence) {
        lock.lock();
        try {
            return Optional.ofNullable(certificates.get(sequence));
        } finally {
            lock.unlock();
        }
    }
}
