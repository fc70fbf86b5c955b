package dev.atlas.replica.transfer;

import dev.atlas.core.execution.CheckpointSnapshot;
import dev.atlas.core.execution.StateTransferPort;
import dev.atlas.core.statetransfer.StateTransferMessage;
import dev.atlas.core.wire.StateTransferCodec;
import dev.atlas.net.concurrent.Mailbox;
import dev.atlas.net.concurrent.Supervisor;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.stub.OutgoingStub;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Serves kept checkpoints, beside execution. Each member has a queue and a thread of its own, so that one who asks much, or reads slowly, delays nobody
 * else.
 */
final class StateServer {

    /** Questions that wait; who asks more asks again. */
    private static final int QUESTIONS_PER_PEER = 8;

    private final StateTransferPort states;
    private final OutgoingStub out;
    private final Map<ReplicaId, Mailbox<Lane, StateTransferMessage>> questions = new TreeMap<>();

    private enum Lane {
        QUESTIONS
    }

    StateServer(List<ReplicaId> peers, StateTransferPort states, OutgoingStub out) {
        this.states = states;
        this.out = out;
        peers.forEach(peer -> questions.put(peer, new Mailbox<>(Lane.class, lane -> QUESTIONS_PER_PEER)));
    }

    void start(Supervisor threads) {
        questions.forEach((peer, asked) -> threads.start("state-server-" + peer, () -> serve(peer, asked)));
    }

    /** Never blocks; a question too many is dropped. */
    void ask(ReplicaId from, StateTransferMessage question) {
        Mailbox<Lane, StateTransferMessage> asked = questions.get(from);
        if (asked != null) {
            asked.offer(Lane.QUESTIONS, question);
        }
    }

    private void serve(ReplicaId peer, Mailbox<Lane, StateTransferMessage> asked) throws InterruptedException {
        List<StateTransferMessage> drained = new ArrayList<>(QUESTIONS_PER_PEER);
        while (asked.drain(drained, QUESTIONS_PER_PEER)) {
            drained.forEach(question -> answer(peer, question));
            drained.clear();
        }
    }

    private void answer(ReplicaId peer, StateTransferMessage question) {
        Optional<CheckpointSnapshot> kept = states.checkpoint(question.sequence());
        if (kept.isEmpty()) {
            send(peer, new StateTransferMessage.NoState(question.sequence()));
            return;
        }
        CheckpointSnapshot snapshot = kept.get();
        switch (question) {
            case StateTransferMessage.AskDescriptor ignored ->
                send(peer, new StateTransferMessage.Descriptor(snapshot.descriptor()));
            case StateTransferMessage.AskParts ask -> {
                int parts = snapshot.descriptor().parts().size();
                for (int index : ask.indexes()) {
                    if (index < parts) {
                        send(peer, new StateTransferMessage.Part(ask.sequence(), index, snapshot.part(index)));
                    }
                }
            }
            case StateTransferMessage.Descriptor ignored -> {}
            case StateTransferMessage.NoState ignored -> {}
            case StateTransferMessage.Part ignored -> {}
        }
    }

    /** Blocks while the queue to this peer is full: its own thread waits, nobody else. */
    private void send(ReplicaId peer, StateTransferMessage message) {
        out.send(peer, StateTransferCodec.encode(message));
    }

    void close() {
        questions.values().forEach(Mailbox::close);
    }
}
