package dev.atlas.it.sim.swarm;

import dev.atlas.core.message.OrderingMessage;
import dev.atlas.it.sim.byzantine.Routes;
import java.time.Duration;
import java.util.Arrays;
import java.util.OptionalLong;
import java.util.function.LongSupplier;

/**
 * A scenario of the Twins paper (Bano et al., OPODIS'21): for each of the first views a partition of all instances into at most two groups. What is said of a view
 * arrives within its groups only; after a while the view is over, what is voted in it arrives nowhere, and whoever asks to leave it is heard by all. Later views are
 * whole.
 */
final class ViewPartitions implements Routes {

    static final int VIEWS = 4;

    private static final long NEVER = Long.MAX_VALUE;

    private final int[] groups = new int[VIEWS];
    private final long[] begun = new long[VIEWS + 1];
    private final long[] viewOf;
    private final LongSupplier now;
    private final long patienceNanos;

    /**
     * @param scenario a digit for each view, of as many values as there are ways to split the instances
     * @param instances replicas and the second twin
     * @param now virtual time
     * @param patience how long a view lasts
     */
    ViewPartitions(long scenario, int instances, LongSupplier now, Duration patience) {
        this.viewOf = new long[instances];
        this.now = now;
        this.patienceNanos = patience.toNanos();
        Arrays.fill(begun, NEVER);
        long rest = scenario;
        for (int view = 0; view < VIEWS; view++) {
            groups[view] = (int) (rest % splits(instances));
            rest /= splits(instances);
        }
    }

    /** Ways to split instances into at most two groups: the first instance is in the first. */
    static int splits(int instances) {
        return 1 << (instances - 1);
    }

    static long scenarios(int instances) {
        return (long) Math.pow(splits(instances), VIEWS);
    }

    /** Whether a view without a partition has been reached. */
    boolean isWhole() {
        return begun[VIEWS] != NEVER;
    }

    @Override
    public boolean passes(int from, int to, OrderingMessage message) {
        OptionalLong named = view(message);
        long view = named.orElse(viewOf[from]);
        if (isOfTheView(message) || message instanceof OrderingMessage.SignedViewChange) {
            begin(view);
        }
        if (isOwn(message)) {
            viewOf[from] = Math.max(viewOf[from], view);
        }
        if (view >= VIEWS) {
            return true;
        }
        boolean over = begun[(int) view] != NEVER && now.getAsLong() - begun[(int) view] > patienceNanos;
        return isOfTheView(message)
                ? !over && areTogether((int) view, from, to)
                : over || areTogether((int) view, from, to);
    }

    /** A view begins when somebody votes in it or asks for it. */
    private void begin(long view) {
        for (int reached = 0; reached <= Math.min(view, VIEWS); reached++) {
            if (begun[reached] == NEVER) {
                begun[reached] = now.getAsLong();
            }
        }
    }

    private boolean areTogether(int view, int one, int other) {
        return group(view, one) == group(view, other);
    }

    private int group(int view, int instance) {
        return instance == 0 ? 0 : groups[view] >> (instance - 1) & 1;
    }

    private static boolean isOwn(OrderingMessage message) {
        return message instanceof OrderingMessage.Status || isVote(message);
    }

    private static boolean isVote(OrderingMessage message) {
        return message instanceof OrderingMessage.PrePrepare
                || message instanceof OrderingMessage.Prepare
                || message instanceof OrderingMessage.Commit;
    }

    /** Opens the view or goes on in it. */
    private static boolean isOfTheView(OrderingMessage message) {
        return isVote(message) || message instanceof OrderingMessage.SignedNewView;
    }

    private static OptionalLong view(OrderingMessage message) {
        return switch (message) {
            case OrderingMessage.PrePrepare said -> OptionalLong.of(said.view());
            case OrderingMessage.Prepare said -> OptionalLong.of(said.view());
            case OrderingMessage.Commit said -> OptionalLong.of(said.view());
            case OrderingMessage.SignedViewChange said ->
                OptionalLong.of(said.signed().content().newView());
            case OrderingMessage.SignedNewView said ->
                OptionalLong.of(said.signed().content().view());
            case OrderingMessage.Status said -> OptionalLong.of(said.view());
            case OrderingMessage.FetchViewChanges said -> OptionalLong.of(said.view());
            case OrderingMessage other -> OptionalLong.empty();
        };
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (int view = 0; view < VIEWS; view++) {
            text.append(view == 0 ? "" : " ").append("view ").append(view).append(':');
            for (int group = 0; group < 2; group++) {
                text.append(group == 0 ? " {" : "|");
                for (int instance = 0; instance < viewOf.length; instance++) {
                    if (group(view, instance) == group) {
                        text.append(' ').append(instance);
                    }
                }
            }
            text.append(" }");
        }
        return text.toString();
    }
}
