package dev.atlas.core.client;

import com.google.protobuf.ByteString;
import dev.atlas.core.message.Reply;
import dev.atlas.core.message.Request;
import dev.atlas.core.message.RequestBundle.Acknowledgement;
import dev.atlas.core.types.Membership;
import dev.atlas.core.types.SessionId;
import dev.atlas.net.env.RandomSource;
import dev.atlas.net.identity.ReplicaId;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The client's calls and its session. Not thread-safe: the client's lock guards it.
 *
 * <p>A session's numbers are given when a call is put into a bundle. Everything below the lowest outstanding number is acknowledged.
 */
final class Calls {

    /** Of an opening number, below the milliseconds. */
    private static final int RANDOM_BITS = 20;

    private static final long SMALLEST_OPENING_STEP = 1L << RANDOM_BITS;

    /** About as many milliseconds as a year has. */
    private static final long LARGEST_OPENING_STEP = SMALLEST_OPENING_STEP << 35;

    /** In the year 2109: shifted, it leaves room for a hundred of the largest steps. */
    private static final long LATEST_MILLIS = 1L << 42;

    /** Leaves room for as many calls. */
    private static final long FIRST_UNORDERED_BOUND = 1L << 62;

    private static final Duration LONGEST_PATIENCE = Duration.ofHours(1);

    private final Membership membership;
    private final ClientConfig config;
    private final ArrayDeque<Call> waitingOrdered = new ArrayDeque<>();
    private final ArrayDeque<Call> waitingUnordered = new ArrayDeque<>();
    private final TreeMap<Long, Call> ordered = new TreeMap<>();
    private final Map<Long, Call> unordered = new TreeMap<>();
    private SessionId session = SessionId.NONE;
    private long nextNumber = 1;
    private long nextUnordered;
    private long openingNumber;
    private long openingStep = SMALLEST_OPENING_STEP;
    private long openingPatienceNanos;
    private Optional<Call> opening = Optional.empty();
    private boolean orderedFirst = true;

    /**
     * @param wallMillis opening numbers must grow over restarts of a client with the same key; the wall clock does unless it is set back
     * @param random tells this client's numbers from those of others with the same key: whoever is connected last hears the answers to those before it, and
     *     unordered ones are known by their number alone
     */
    Calls(Membership membership, ClientConfig config, long wallMillis, RandomSource random) {
        this.membership = membership;
        this.config = config;
        this.openingNumber =
                Math.clamp(wallMillis, 0, LATEST_MILLIS) << RANDOM_BITS | random.nextLong(1L << RANDOM_BITS);
        this.nextUnordered = random.nextLong(FIRST_UNORDERED_BOUND);
        this.openingPatienceNanos = shortestPatienceNanos();
    }

    private long shortestPatienceNanos() {
        return config.deadline().toNanos() / 2;
    }

    /** A call that is settled, and how. */
    record Settled(Call call, Reply reply) {}

    boolean hasRoom(Request.Kind kind) {
        return kind == Request.Kind.UNORDERED
                ? unordered.size() + waitingUnordered.size() < config.window()
                : ordered.size() + waitingOrdered.size() < config.window();
    }

    void add(Call call) {
        (call.kind == Request.Kind.UNORDERED ? waitingUnordered : waitingOrdered).add(call);
    }

    /** The next requests to be signed together, numbered; empty if there is nothing to send now. The two kinds take turns. */
    List<Call> nextBundle(long nowNanos) {
        List<Call> bundle = orderedFirst ? nextOrdered(nowNanos) : nextUnordered();
        if (bundle.isEmpty()) {
            return orderedFirst ? nextUnordered() : nextOrdered(nowNanos);
        }
        orderedFirst = !orderedFirst;
        return bundle;
    }

    private List<Call> nextUnordered() {
        List<Call> bundle = take(waitingUnordered, config.requestsPerBundle());
        for (Call call : bundle) {
            call.number = nextUnordered++;
            unordered.put(call.number, call);
        }
        return bundle;
    }

    private List<Call> nextOrdered(long nowNanos) {
        if (waitingOrdered.isEmpty()) {
            return List.of();
        }
        if (session.equals(SessionId.NONE)) {
            return open(nowNanos);
        }
        long room = lowestOutstanding() + config.window() - nextNumber;
        List<Call> bundle = take(waitingOrdered, (int) Math.min(room, config.requestsPerBundle()));
        for (Call call : bundle) {
            call.number = nextNumber++;
            ordered.put(call.number, call);
        }
        return bundle;
    }

    private List<Call> open(long nowNanos) {
        if (opening.isPresent()) {
            return List.of();
        }
        Call call = new Call(Request.Kind.OPEN_SESSION, ByteString.EMPTY, nowNanos, false);
        call.number = openingNumber++;
        opening = Optional.of(call);
        return List.of(call);
    }

    private List<Call> take(ArrayDeque<Call> waiting, int most) {
        List<Call> bundle = new ArrayList<>();
        int bytes = 0;
        while (bundle.size() < most && !waiting.isEmpty()) {
            int size = waiting.peek().payload.size();
            if (!bundle.isEmpty() && bytes + size > config.bytesPerBundle()) {
                break;
            }
            bundle.add(waiting.remove());
            bytes += size;
        }
        return bundle;
    }

    Request request(Call call) {
        return new Request(
                call.kind, call.kind == Request.Kind.ORDERED ? session : SessionId.NONE, call.number, call.payload);
    }

    List<Acknowledgement> acknowledgements() {
        return session.equals(SessionId.NONE)
                ? List.of()
                : List.of(new Acknowledgement(session, lowestOutstanding() - 1));
    }

    /** Counts one replica's answer; present if it settles its call. */
    Optional<Settled> answered(ReplicaId replica, Reply reply) {
        Optional<Call> found = find(reply);
        if (found.isEmpty()) {
            return Optional.empty();
        }
        Call call = found.get();
        int matching = call.answered(replica, reply);
        int needed = config.matchingAnswers(membership.quorums());
        if (matching < needed) {
            if (call.kind == Request.Kind.UNORDERED
                    && !call.canMatch(needed, membership.members().size())) {
                orderInstead(call);
            }
            return Optional.empty();
        }
        settle(call, reply);
        return Optional.of(new Settled(call, reply));
    }

    private Optional<Call> find(Reply reply) {
        return switch (reply.kind()) {
            case OPEN_SESSION -> opening.filter(call -> call.number == reply.number());
            case ORDERED ->
                reply.session().equals(session) ? Optional.ofNullable(ordered.get(reply.number())) : Optional.empty();
            case UNORDERED -> Optional.ofNullable(unordered.get(reply.number()));
        };
    }

    private void settle(Call call, Reply reply) {
        call.ended = true;
        switch (call.kind) {
            case OPEN_SESSION -> {
                opening = Optional.empty();
                if (reply.outcome() == Reply.Outcome.SESSION_OPENED) {
                    session = reply.session();
                    nextNumber = 1;
                    openingStep = SMALLEST_OPENING_STEP;
                    openingPatienceNanos = shortestPatienceNanos();
                } else {
                    // The wall clock was set back: doubling steps overtake the last opening soon, however far ahead it
                    // is.
                    openingNumber += openingStep;
                    openingStep = Math.min(openingStep * 2, LARGEST_OPENING_STEP);
                }
            }
            case ORDERED -> {
                ordered.remove(call.number);
                if (reply.outcome() == Reply.Outcome.EXPIRED) {
                    expire();
                }
            }
            case UNORDERED -> unordered.remove(call.number);
        }
    }

    /** Replicas have forgotten the session: what is outstanding in it may have been executed before they did. */
    private void expire() {
        session = SessionId.NONE;
    }

    /** What was outstanding in a session that has expired; to be failed by the caller. */
    List<Call> takeOrphans() {
        if (!session.equals(SessionId.NONE) || ordered.isEmpty()) {
            return List.of();
        }
        List<Call> orphans = List.copyOf(ordered.values());
        orphans.forEach(this::forget);
        return orphans;
    }

    /** An unordered call found no matching answers: the log has one. */
    void orderInstead(Call call) {
        unordered.remove(call.number);
        call.becomeOrdered();
        waitingOrdered.addFirst(call);
    }

    /** Calls older than their deadline; their numbers are given up by the acknowledgement that follows. */
    List<Call> takeOverdue(long nowNanos) {
        List<Call> overdue = new ArrayList<>();
        long deadline = config.deadline().toNanos();
        for (Call call : all()) {
            if (nowNanos - call.submittedNanos >= deadline) {
                overdue.add(call);
            }
        }
        overdue.forEach(this::forget);
        List<Call> slowReads = unordered.values().stream()
                .filter(call -> nowNanos - call.submittedNanos
                        >= config.unorderedDeadline().toNanos())
                .toList();
        slowReads.forEach(this::orderInstead);
        giveUpOpening(nowNanos);
        return overdue;
    }

    /**
     * An opening that was ordered and then evicted with its client is never answered: the table has forgotten it. Tried anew in time for the calls that
     * wait for it; each time after waiting twice as long, or a cluster that needs longer than the first wait would never open a session.
     */
    private void giveUpOpening(long nowNanos) {
        opening.filter(call -> nowNanos - call.submittedNanos >= openingPatienceNanos)
                .ifPresent(call -> {
                    call.ended = true;
                    call.result.complete(ByteString.EMPTY);
                    opening = Optional.empty();
                    openingPatienceNanos = Math.min(2 * openingPatienceNanos, LONGEST_PATIENCE.toNanos());
                });
    }

    /** Those of the calls that had not ended. The session's opening is none of them: {@link #giveUpOpening} has another one tried, not at once. */
    List<Call> giveUp(List<Call> unsent) {
        List<Call> open = unsent.stream()
                .filter(call -> !call.ended && call.kind != Request.Kind.OPEN_SESSION)
                .toList();
        open.forEach(this::forget);
        return open;
    }

    List<Call> takeAll() {
        List<Call> all = all();
        all.forEach(this::forget);
        return all;
    }

    private List<Call> all() {
        List<Call> all = new ArrayList<>(ordered.values());
        all.addAll(unordered.values());
        all.addAll(waitingOrdered);
        all.addAll(waitingUnordered);
        return all;
    }

    private void forget(Call call) {
        call.ended = true;
        ordered.remove(call.number, call);
        unordered.remove(call.number, call);
        waitingOrdered.remove(call);
        waitingUnordered.remove(call);
    }

    private long lowestOutstanding() {
        return ordered.isEmpty() ? nextNumber : ordered.firstKey();
    }
}
