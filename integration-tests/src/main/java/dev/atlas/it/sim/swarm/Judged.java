package dev.atlas.it.sim.swarm;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A face without types of this library, for variants of it that are loaded apart. */
public final class Judged {

    private Judged() {}

    /**
     * Runs a seed or scenario on the calling thread.
     *
     * @param family SWARM, TWINS, FORGERS, LOSSES or SOURCES
     * @return the rule that was found broken; null if none was
     */
    public static @Nullable String failure(String family, long number) {
        return Family.named(family)
                .run(number, Optional.empty())
                .failure()
                .map(Throwable::toString)
                .orElse(null);
    }
}
