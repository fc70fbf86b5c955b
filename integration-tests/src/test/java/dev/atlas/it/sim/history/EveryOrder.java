package dev.atlas.it.sim.history;

import dev.atlas.core.application.ExecutionContext;
import dev.atlas.core.types.SessionId;
import dev.atlas.exec.state.KeyValueReply;
import dev.atlas.exec.state.KeyValueRequest;
import dev.atlas.exec.state.KeyValueState;
import dev.atlas.exec.state.KeyValueStore;
import dev.atlas.net.crypto.PublicKey;
import dev.atlas.net.identity.ClientId;
import java.util.ArrayList;
import java.util.List;

/** The definition, word by word: tries every order of a small history on the real store, all keys together, remembering nothing. */
final class EveryOrder {

    private static final ExecutionContext NOWHERE =
            new ExecutionContext(ClientId.of(new PublicKey(new byte[1])), SessionId.NONE, 0, 0, 0, 0);

    private final List<Call<KeyValueRequest, KeyValueReply>> calls;
    private final int[] calledAt;
    private final int[] answeredAt;

    private EveryOrder(History<KeyValueRequest, KeyValueReply> history) {
        this.calls = history.calls();
        this.calledAt = new int[calls.size()];
        this.answeredAt = new int[calls.size()];
        java.util.Arrays.fill(answeredAt, Integer.MAX_VALUE);
        List<History.Event> events = history.events();
        for (int at = 0; at < events.size(); at++) {
            (events.get(at).answer() ? answeredAt : calledAt)[events.get(at).call()] = at;
        }
    }

    static boolean explains(History<KeyValueRequest, KeyValueReply> history) {
        return new EveryOrder(history).extend(new ArrayList<>());
    }

    private boolean extend(List<Integer> order) {
        if (!answersFit(order)) {
            return false;
        }
        if (calls.stream()
                .allMatch(call -> order.contains(call.id()) || !(call.fate() instanceof Call.Fate.Answered<?>))) {
            return true;
        }
        for (Call<KeyValueRequest, KeyValueReply> call : calls) {
            if (!order.contains(call.id())
                    && !(call.fate() instanceof Call.Fate.Refused<?>)
                    && mayBeNext(call.id(), order)) {
                order.add(call.id());
                if (extend(order)) {
                    return true;
                }
                order.removeLast();
            }
        }
        return false;
    }

    /** Nobody left had returned before it was called. */
    private boolean mayBeNext(int next, List<Integer> order) {
        return calls.stream().allMatch(other -> order.contains(other.id()) || answeredAt[other.id()] > calledAt[next]);
    }

    private boolean answersFit(List<Integer> order) {
        KeyValueStore store = new KeyValueStore();
        KeyValueState state = store.initialState();
        for (int id : order) {
            KeyValueReply reply = store.execute(state, calls.get(id).input(), NOWHERE);
            if (calls.get(id).fate() instanceof Call.Fate.Answered<KeyValueReply>(KeyValueReply told, long unused)
                    && !told.equals(reply)) {
                return false;
            }
        }
        return true;
    }
}
