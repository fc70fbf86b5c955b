package dev.atlas.exec.executor;

import dev.atlas.core.application.DivisibleState.Part;
import dev.atlas.core.execution.StateDescriptor;
import dev.atlas.core.execution.StatePiece;
import dev.atlas.net.concurrent.Mailbox;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** Takes one state out of the state channel, checking that every part comes once and in a permitted order. */
final class Installation {

    /** The only lane of the state channel. */
    enum Channel {
        PIECES
    }

    private final Mailbox<Channel, StatePiece> channel;
    private final boolean inAnyOrder;
    private final Runnable beforeWaiting;
    private final List<StatePiece> drained = new ArrayList<>(1);
    private final BitSet seen = new BitSet();

    /** Whether the last piece of the state, or its abortion, has been taken. */
    private boolean ended;

    /**
     * @param beforeWaiting called each time: the application may have run in between
     */
    Installation(Mailbox<Channel, StatePiece> channel, boolean inAnyOrder, Runnable beforeWaiting) {
        this.channel = channel;
        this.inAnyOrder = inAnyOrder;
        this.beforeWaiting = beforeWaiting;
    }

    /** Waits for the beginning; what is left of one before, whose sender was cut short, is skipped. */
    StateDescriptor begin() throws IOException, InterruptedException {
        while (true) {
            switch (next()) {
                case StatePiece.Begin begin -> {
                    return begin.descriptor();
                }
                case StatePiece.Abort ignored -> throw new IOException("aborted");
                case StatePiece.Part ignored -> {}
                case StatePiece.End ignored -> {}
            }
        }
    }

    /** Takes the rest of a state that is not wanted any more: whoever sends it would wait for room, and never ask what became of it. */
    void skipRest() throws InterruptedException {
        try {
            while (!ended) {
                next();
            }
        } catch (IOException closed) {
            ended = true; // nothing more comes
        }
    }

    /** The application's next part; none after the last. */
    Optional<Part> applicationPart(StateDescriptor descriptor) throws IOException, InterruptedException {
        return seen.cardinality() == descriptor.application().size()
                ? Optional.empty()
                : Optional.of(part(0, descriptor.application().size(), inAnyOrder));
    }

    /** The sessions' parts, and the end. */
    DataInputStream sessions(StateDescriptor descriptor) throws IOException, InterruptedException {
        int first = descriptor.application().size();
        int count = descriptor.sessions().size();
        if (seen.cardinality() != first) {
            throw new IOException("the application has not taken all of its parts");
        }
        List<InputStream> streams = new ArrayList<>();
        for (int index = 0; index < count; index++) {
            streams.add(part(first, first + count, false).bytes().newInput());
        }
        StatePiece last = next();
        if (!(last instanceof StatePiece.End)) {
            throw unexpected(last, "more pieces than parts");
        }
        return new DataInputStream(new SequenceInputStream(Collections.enumeration(streams)));
    }

    private Part part(int from, int to, boolean anyOrder) throws IOException, InterruptedException {
        StatePiece piece = next();
        if (!(piece instanceof StatePiece.Part part)) {
            throw unexpected(piece, "ended after " + seen.cardinality() + " parts");
        }
        boolean expected = anyOrder
                ? part.index() >= from && part.index() < to && !seen.get(part.index())
                : part.index() == seen.cardinality();
        if (!expected) {
            throw new IOException("part " + part.index() + " came out of turn");
        }
        seen.set(part.index());
        return part.part();
    }

    private static IOException unexpected(StatePiece piece, String problem) {
        return new IOException(piece instanceof StatePiece.Abort ? "aborted" : problem);
    }

    private StatePiece next() throws IOException, InterruptedException {
        drained.clear();
        beforeWaiting.run();
        if (!channel.drain(drained, 1)) {
            throw new IOException("the executor is being closed");
        }
        StatePiece piece = drained.getFirst();
        ended = piece instanceof StatePiece.End || piece instanceof StatePiece.Abort;
        return piece;
    }
}
