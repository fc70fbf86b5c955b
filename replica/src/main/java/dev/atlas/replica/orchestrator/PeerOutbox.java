package dev.atlas.replica.orchestrator;

import com.google.protobuf.ByteString;
import dev.atlas.core.message.OrderingMessage;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.wire.OrderingCodec;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.stub.OutgoingStub;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/** Encodes and sends to the other members; a broadcast is encoded once. Never blocks. */
final class PeerOutbox {

    /** Which of the messages that must survive a full queue a newer one replaces. */
    private static final int VIEW_CHANGE_SLOT = 0;

    private static final int NEW_VIEW_SLOT = 1;
    private static final int DIGESTS_PER_FETCH = 256;

    /** Nobody looks for more at once ({@link PeerInbox}). */
    private static final int DIGESTS_PER_QUESTION = PeerInbox.LOOKS_PER_MESSAGE;

    /** Well below the protocol module's frame limit. */
    private static final int BODY_BYTES_PER_MESSAGE = 4 << 20;

    /** What may wait for a member before nothing large is sent to it again. */
    private static final long WAITING_BYTES = 256 * 1024;

    private final List<ReplicaId> others;
    private final OutgoingStub stub;
    private final LongAdder putOff = new LongAdder();
    private int nextHolder;

    PeerOutbox(ReplicaId self, List<ReplicaId> members, OutgoingStub stub) {
        this.others = members.stream().filter(member -> !member.equals(self)).toList();
        this.stub = stub;
    }

    void send(ReplicaId to, OrderingMessage message) {
        if (isLargeAnswer(message) && room(to) <= 0) {
            putOff();
            return;
        }
        stub.send(to, OrderingCodec.encode(message));
    }

    /** A batch goes to one member alone only when it is sent again. */
    private static boolean isLargeAnswer(OrderingMessage message) {
        return message instanceof OrderingMessage.PrePrepare || message instanceof OrderingMessage.FetchedBatch;
    }

    void broadcast(OrderingMessage message) {
        ByteBuffer payload = OrderingCodec.encode(message);
        switch (message) {
            case OrderingMessage.SignedViewChange ignored ->
                others.forEach(peer -> stub.sendNewest(peer, VIEW_CHANGE_SLOT, payload));
            case OrderingMessage.SignedNewView ignored ->
                others.forEach(peer -> stub.sendNewest(peer, NEW_VIEW_SLOT, payload));
            case OrderingMessage ignored -> stub.broadcast(others, payload);
        }
    }

    /**
     * What may be sent again to this member, in bytes; none if not above 0. Over a slow connection a member asks again before it can have its answer, and if all
     * those answers were queued, in front of the votes and claims behind them, it would hear nothing else for minutes.
     */
    long room(ReplicaId to) {
        return WAITING_BYTES - stub.waiting(to);
    }

    /** Something was not sent again because there was no room. */
    void putOff() {
        putOff.increment();
    }

    /** Answers that were not given in full, or not at all, because enough was on its way. */
    long answersPutOff() {
        return putOff.sum();
    }

    /**
     * To the primary, which may have all of them; for what there is no room it would wait in front of votes. Nothing to this replica itself.
     *
     * @return what was not sent
     */
    List<RequestBundle> forward(ReplicaId primary, List<RequestBundle> late) {
        if (!others.contains(primary)) {
            return List.of();
        }
        int sent = 0;
        for (long room = room(primary); sent < late.size() && room > 0; sent++) {
            room -= late.get(sent).size();
        }
        sendBodies(primary, late.subList(0, sent));
        if (sent < late.size()) {
            putOff();
        }
        return late.subList(sent, late.size());
    }

    /** In messages of bounded size; nothing to this replica itself. */
    void sendBodies(ReplicaId to, List<RequestBundle> bundles) {
        if (!others.contains(to)) {
            return;
        }
        List<ByteString> part = new ArrayList<>();
        int bytes = 0;
        for (RequestBundle bundle : bundles) {
            if (!part.isEmpty() && bytes + bundle.size() > BODY_BYTES_PER_MESSAGE) {
                send(to, new OrderingMessage.Bodies(part));
                part = new ArrayList<>();
                bytes = 0;
            }
            part.add(bundle.envelope());
            bytes += bundle.size();
        }
        if (!part.isEmpty()) {
            send(to, new OrderingMessage.Bodies(part));
        }
    }

    /** Asks all others: each may be the one that f + 1 lack. */
    void askDecided(List<Digest> bundles) {
        for (int from = 0; from < bundles.size(); from += DIGESTS_PER_QUESTION) {
            List<Digest> part = bundles.subList(from, Math.min(bundles.size(), from + DIGESTS_PER_QUESTION));
            broadcast(new OrderingMessage.AskDecidedBundles(part));
        }
    }

    /** Asks one holder at a time, another at each call, so that a fetch costs one answer and a silent holder one retry. */
    void fetchBodies(List<ReplicaId> holders, List<Digest> missing) {
        List<ReplicaId> candidates = holders.isEmpty()
                ? others
                : others.stream().filter(holders::contains).toList();
        if (candidates.isEmpty() || missing.isEmpty()) {
            return;
        }
        ReplicaId holder = candidates.get(Math.floorMod(nextHolder++, candidates.size()));
        for (int from = 0; from < missing.size(); from += DIGESTS_PER_FETCH) {
            List<Digest> part = missing.subList(from, Math.min(missing.size(), from + DIGESTS_PER_FETCH));
            send(holder, new OrderingMessage.FetchBodies(part));
        }
    }
}
