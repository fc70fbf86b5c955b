package dev.atlas.core.message;

import dev.atlas.core.crypto.Signed;
import java.util.List;

/** Q signed, equal CHECKPOINTs: the one proof that stands alone. Whether it does is checked by a verifier, not here. */
public record CheckpointCertificate(List<Signed<Checkpoint>> checkpoints) {

    public CheckpointCertificate {
        checkpoints = List.copyOf(checkpoints);
    }

    /** What all of them say, in one that has been verified. */
    public Checkpoint content() {
        return checkpoints.getFirst().content();
    }
}
