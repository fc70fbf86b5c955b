package dev.atlas.replica.storage;

import dev.atlas.core.message.Batch;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.ordering.pbft.Start;
import java.util.List;

/**
 * What a replica begins with.
 *
 * @param batches named by {@code start}, each once, with their bodies
 */
public record Remembered(Start start, List<Held> batches) {

    public Remembered {
        batches = List.copyOf(batches);
    }

    /**
     * @param verified whether its signatures had been checked
     */
    public record Held(Batch batch, List<RequestBundle> bundles, boolean verified, boolean decided) {
        public Held {
            bundles = List.copyOf(bundles);
        }
    }
}
