package dev.atlas.it.sim.byzantine;

import dev.atlas.core.message.Batch;
import dev.atlas.core.message.OrderingMessage;
import dev.atlas.core.message.OrderingMessage.AskDecidedBundles;
import dev.atlas.core.message.OrderingMessage.Commit;
import dev.atlas.core.message.OrderingMessage.DecidedBundles;
import dev.atlas.core.message.OrderingMessage.DecidedClaims;
import dev.atlas.core.message.OrderingMessage.PrePrepare;
import dev.atlas.core.message.OrderingMessage.Prepare;
import dev.atlas.it.sim.scheduler.Randomness;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Makes well-formed proposals, votes and claims for slots, batches and bundles that it has heard of, whether or not anyone asked, or they are true. */
final class Inventor {

    private static final int MOST_BATCHES = 32;

    private final Randomness random;
    private final List<Batch> batches = new ArrayList<>();
    private AskDecidedBundles asked = new AskDecidedBundles(List.of());
    private long view;
    private long sequence;

    Inventor(Randomness random) {
        this.random = random;
    }

    void hear(OrderingMessage message) {
        switch (message) {
            case PrePrepare heard -> {
                at(heard.view(), heard.sequence());
                if (batches.size() < MOST_BATCHES) {
                    batches.add(heard.batch());
                } else {
                    batches.set(random.below(MOST_BATCHES), heard.batch());
                }
            }
            case Prepare heard -> at(heard.view(), heard.sequence());
            case Commit heard -> at(heard.view(), heard.sequence());
            case AskDecidedBundles heard -> asked = heard;
            case OrderingMessage other -> {}
        }
    }

    private void at(long heardView, long heardSequence) {
        view = heardView;
        sequence = heardSequence;
    }

    Optional<OrderingMessage> invent() {
        if (!asked.digests().isEmpty() && random.chance(0.2)) {
            return Optional.of(new DecidedBundles(asked.digests()));
        }
        if (batches.isEmpty()) {
            return Optional.empty();
        }
        Batch batch = batches.get(random.below(batches.size()));
        long slot = Math.max(1, sequence + random.between(-2, 3));
        long inView = Math.max(0, view + (random.chance(0.8) ? 0 : random.between(-1, 2)));
        return Optional.of(
                switch (random.below(4)) {
                    case 0 -> new PrePrepare(0, inView, slot, batch);
                    case 1 -> new Prepare(0, inView, slot, batch.digest());
                    case 2 -> new Commit(0, inView, slot, batch.digest());
                    default -> new DecidedClaims(0, slot, List.of(batch.digest()));
                });
    }
}
