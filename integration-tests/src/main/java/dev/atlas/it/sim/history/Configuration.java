package dev.atlas.it.sim.history;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One way in which the operations so far may have taken effect.
 *
 * @param answered operations that have taken effect and will be answered later, by id
 * @param open operations that have taken effect and will never be answered, by id
 * @param order one order that leads here
 */
record Configuration<S>(
        S state, BitSet answered, BitSet open, @Nullable Order order) {

    /** The last operation of an order, and the order before it. */
    record Order(Call<?, ?> last, @Nullable Order before) {}

    static <S> Configuration<S> initial(S state) {
        return new Configuration<>(state, new BitSet(), new BitSet(), null);
    }

    boolean has(Call<?, ?> call) {
        return call.isOpen() ? open.get(call.id()) : answered.get(call.id());
    }

    Configuration<S> after(Call<?, ?> call, S next) {
        BitSet nextAnswered = answered;
        BitSet nextOpen = open;
        if (call.isOpen()) {
            nextOpen = (BitSet) open.clone();
            nextOpen.set(call.id());
        } else {
            nextAnswered = (BitSet) answered.clone();
            nextAnswered.set(call.id());
        }
        return new Configuration<>(next, nextAnswered, nextOpen, new Order(call, order));
    }

    /** The operation has been answered and can be forgotten. */
    Configuration<S> without(Call<?, ?> call) {
        BitSet left = (BitSet) answered.clone();
        left.clear(call.id());
        return new Configuration<>(state, left, open, order);
    }

    /** The last operations of the order, oldest first. */
    List<Call<?, ?>> latest(int most) {
        List<Call<?, ?>> latest = new ArrayList<>();
        for (Order at = order; at != null && latest.size() < most; at = at.before) {
            latest.addFirst(at.last);
        }
        return latest;
    }
}
