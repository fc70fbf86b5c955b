package dev.atlas.core.ordering.pbft;

import dev.atlas.core.message.OrderingMessage;
import dev.atlas.net.identity.ReplicaId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Messages for a view or slot that is not open yet, bounded per sender; what finds no place comes again by STATUS. */
final class FutureMessages {

    private final int perSender;
    private final Map<ReplicaId, Deque<OrderingMessage>> bySender = new TreeMap<>();

    FutureMessages(int perSender) {
        this.perSender = perSender;
    }

    void add(ReplicaId from, OrderingMessage message) {
        Deque<OrderingMessage> mine = bySender.computeIfAbsent(from, sender -> new ArrayDeque<>());
        if (mine.size() < perSender) {
            mine.add(message);
        }
    }

    /** Empties the buffer; what is still early is added again by whoever handles it. */
    List<From> take() {
        List<From> all = new ArrayList<>();
        bySender.forEach((sender, messages) -> messages.forEach(message -> all.add(new From(sender, message))));
        bySender.clear();
        return all;
    }

    record From(ReplicaId sender, OrderingMessage message) {}
}
