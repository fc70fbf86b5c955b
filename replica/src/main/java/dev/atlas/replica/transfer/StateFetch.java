package dev.atlas.replica.transfer;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.DivisibleState.PartDescriptor;
import dev.atlas.core.execution.CheckpointSnapshot;
import dev.atlas.core.execution.StateDescriptor;
import dev.atlas.core.execution.StatePiece;
import dev.atlas.core.execution.StateTransferPort;
import dev.atlas.core.message.Checkpoint;
import dev.atlas.core.statetransfer.StateTransferMessage;
import dev.atlas.core.wire.StateTransferCodec;
import dev.atlas.net.concurrent.Mailbox;
import dev.atlas.net.env.Environment;
import dev.atlas.net.env.Timers;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.stub.OutgoingStub;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches the state at one certified checkpoint from all who have it, in parallel, and hands its parts to the executor in order.
 *
 * <p>The first descriptor whose digest is the certified one counts; every part is checked against it. Who sends anything that does not fit is asked no more;
 * what a slow source owes is asked of others. Memory is bounded by the parts that are under way. Owned by one thread.
 */
final class StateFetch {

    private static final Logger LOG = LoggerFactory.getLogger(StateFetch.class);

    /** How far the fetching may be ahead of the part that is handed over next. */
    private static final int PARTS_AHEAD = 32;

    private static final int PARTS_PER_SOURCE = 4;
    private static final int MOST_EVENTS = 4096;

    /** Failures to answer in time after which a source is given up. */
    private static final int MOST_STRIKES = 3;

    private final Environment environment;
    private final StateTransferPort executor;
    private final OutgoingStub out;
    private final Checkpoint certified;
    private final Duration patience;
    private final Mailbox<Lane, Event> events = new Mailbox<>(Lane.class, lane -> MOST_EVENTS);
    private final TreeMap<ReplicaId, Source> sources = new TreeMap<>();

    /** Parts that are neither handed over nor here nor under way, within reach. */
    private final TreeSet<Integer> wanted = new TreeSet<>();

    private final Map<Integer, Owed> underWay = new HashMap<>();
    private final TreeMap<Integer, ByteString> here = new TreeMap<>();
    private @Nullable StateDescriptor descriptor;
    private @Nullable LocalParts local;
    private int partCount;
    private int reach;
    private int next;
    private long fetchedBytes;

    private enum Lane {
        EVENTS
    }

    /** What may happen while fetching. */
    private sealed interface Event {
        record Received(ReplicaId from, StateTransferMessage message) implements Event {}

        record Checked(ReplicaId from, int index, ByteString bytes, boolean fits) implements Event {}

        record Tick() implements Event {}
    }

    /** A member that may have the state. */
    private static final class Source {
        private boolean hasIt;
        private boolean refused;
        private int owes;
        private int strikes;
    }

    private record Owed(ReplicaId source, long dueNanos) {}

    /**
     * @param certified what a certificate says of the state
     * @param patience how long a source may take to answer
     */
    StateFetch(
            Environment environment,
            StateTransferPort executor,
            OutgoingStub out,
            List<ReplicaId> peers,
            Checkpoint certified,
            Duration patience) {
        this.environment = environment;
        this.executor = executor;
        this.out = out;
        this.certified = certified;
        this.patience = patience;
        peers.forEach(peer -> sources.put(peer, new Source()));
    }

    long sequence() {
        return certified.sequence();
    }

    long fetchedBytes() {
        return fetchedBytes;
    }

    /** An answer of a peer, from its reader thread; what finds no place comes again. */
    void received(ReplicaId from, StateTransferMessage message) {
        events.offer(Lane.EVENTS, new Event.Received(from, message));
    }

    void close() {
        events.close();
    }

    /**
     * Runs until every part is handed over.
     *
     * @return whether it was; if not, nobody is left who has the state
     */
    boolean run() throws InterruptedException {
        sources.keySet().forEach(peer -> send(peer, new StateTransferMessage.AskDescriptor(certified.sequence())));
        long end = environment.clock().nanoTime() + 2 * patience.toNanos();
        tick();
        List<Event> drained = new ArrayList<>();
        while (events.drain(drained, 64)) {
            for (Event event : drained) {
                handle(event);
            }
            drained.clear();
            if (!handOver()) {
                return false;
            }
            if (descriptor != null && next == partCount) {
                return executor.transfer(new StatePiece.End());
            }
            boolean hopeless = descriptor == null
                    ? environment.clock().nanoTime() - end > 0 || everyoneRefused()
                    : sources.values().stream().noneMatch(source -> source.hasIt && !source.refused);
            if (hopeless) {
                return false;
            }
            ask();
        }
        return false;
    }

    private boolean everyoneRefused() {
        return sources.values().stream().allMatch(source -> source.refused);
    }

    private void handle(Event event) throws InterruptedException {
        switch (event) {
            case Event.Received received -> {
                Source source = sources.get(received.from);
                if (source != null && !source.refused && received.message.sequence() == certified.sequence()) {
                    received(received.from, source, received.message);
                }
            }
            case Event.Checked checked -> checked(checked);
            case Event.Tick ignored -> {
                overdue();
                tick();
            }
        }
    }

    private void received(ReplicaId from, Source source, StateTransferMessage message) throws InterruptedException {
        switch (message) {
            case StateTransferMessage.NoState ignored -> {
                source.refused = true;
                takeBack(from);
            }
            case StateTransferMessage.Descriptor answer -> {
                StateDescriptor theirs = answer.descriptor();
                if (!theirs.chain().equals(certified.chain())
                        || !theirs.digest().equals(certified.state())) {
                    refuse(from, source, "its descriptor is not the certified one");
                } else {
                    source.hasIt = true;
                    if (descriptor == null) {
                        begin(theirs);
                    }
                }
            }
            case StateTransferMessage.Part part -> {
                Owed owed = underWay.get(part.index());
                StateDescriptor known = descriptor;
                if (known != null && owed != null && owed.source.equals(from)) {
                    int index = part.index();
                    ByteString bytes = part.bytes();
                    // Hashing is for the pool: as many busy virtual threads as carriers would stall every socket.
                    environment
                            .computePool()
                            .execute(() -> events.offer(
                                    Lane.EVENTS,
                                    new Event.Checked(from, index, bytes, executor.matches(known, index, bytes))));
                }
            }
            case StateTransferMessage.AskDescriptor ignored -> {}
            case StateTransferMessage.AskParts ignored -> {}
        }
    }

    /** Parts that a checkpoint of our own has as well need not be fetched. */
    private void begin(StateDescriptor agreed) throws InterruptedException {
        descriptor = agreed;
        partCount = agreed.parts().size();
        executor.transfer(new StatePiece.Begin(agreed));
        Optional<CheckpointSnapshot> own = executor.latestCheckpoint();
        local = own.map(LocalParts::new).orElse(null);
        extend();
    }

    /** Parts of our latest checkpoint by name and digest. */
    private record LocalParts(CheckpointSnapshot snapshot, Map<PartDescriptor, Integer> indexes) {
        LocalParts(CheckpointSnapshot snapshot) {
            this(snapshot, new HashMap<>());
            List<PartDescriptor> parts = snapshot.descriptor().parts();
            for (int index = 0; index < parts.size(); index++) {
                indexes.put(parts.get(index), index);
            }
        }

        Optional<ByteString> find(PartDescriptor part) {
            return Optional.ofNullable(indexes.get(part)).map(snapshot::part);
        }
    }

    private void checked(Event.Checked checked) {
        Source source = sources.get(checked.from);
        Owed owed = underWay.get(checked.index);
        if (source == null || owed == null || !owed.source.equals(checked.from)) {
            return; // came twice, or after it had been given up
        }
        if (checked.fits) {
            underWay.remove(checked.index);
            source.owes--;
            source.strikes = 0;
            here.put(checked.index, checked.bytes);
            fetchedBytes += checked.bytes.size();
        } else {
            refuse(checked.from, source, "part " + checked.index + " is not the certified one");
        }
    }

    private void refuse(ReplicaId from, Source source, String why) {
        LOG.warn("{} is asked for no more state: {}", from, why);
        source.refused = true;
        takeBack(from);
    }

    private void takeBack(ReplicaId from) {
        underWay.entrySet().removeIf(entry -> {
            boolean theirs = entry.getValue().source.equals(from);
            if (theirs) {
                wanted.add(entry.getKey());
            }
            return theirs;
        });
        Source source = sources.get(from);
        if (source != null) {
            source.owes = 0;
        }
    }

    private void overdue() {
        long now = environment.clock().nanoTime();
        for (ReplicaId peer : List.copyOf(sources.keySet())) {
            boolean late =
                    underWay.values().stream().anyMatch(owed -> owed.source.equals(peer) && now - owed.dueNanos > 0);
            Source source = sources.get(peer);
            if (late && source != null) {
                takeBack(peer);
                if (++source.strikes >= MOST_STRIKES) {
                    refuse(peer, source, "it does not answer");
                }
            }
        }
    }

    /** Hands over what is next in order; false if the executor takes no more. */
    private boolean handOver() throws InterruptedException {
        for (ByteString part = here.remove(next); part != null; part = here.remove(next)) {
            if (!executor.transfer(new StatePiece.Part(next, part))) {
                return false;
            }
            next++;
            extend();
        }
        return true;
    }

    private void extend() {
        StateDescriptor known = descriptor;
        while (known != null && reach < Math.min(partCount, next + PARTS_AHEAD)) {
            LocalParts own = local;
            int index = reach++;
            Optional<ByteString> same =
                    own == null ? Optional.empty() : own.find(known.parts().get(index));
            same.ifPresentOrElse(bytes -> here.put(index, bytes), () -> wanted.add(index));
        }
    }

    private void ask() {
        for (Map.Entry<ReplicaId, Source> entry : sources.entrySet()) {
            Source source = entry.getValue();
            List<Integer> asked = new ArrayList<>();
            while (source.hasIt && !source.refused && source.owes < PARTS_PER_SOURCE && !wanted.isEmpty()) {
                int index = wanted.removeFirst();
                source.owes++;
                underWay.put(index, new Owed(entry.getKey(), environment.clock().nanoTime() + patience.toNanos()));
                asked.add(index);
            }
            if (!asked.isEmpty()) {
                send(entry.getKey(), new StateTransferMessage.AskParts(certified.sequence(), asked));
            }
        }
    }

    private void tick() {
        Timers.Timer unused =
                environment.timers().schedule(patience.dividedBy(4), () -> events.offer(Lane.EVENTS, new Event.Tick()));
    }

    private void send(ReplicaId peer, StateTransferMessage message) {
        out.send(peer, StateTransferCodec.encode(message));
    }
}
