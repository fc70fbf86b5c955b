package dev.atlas.it.sim.swarm;

import java.time.Duration;
import java.util.Optional;

/**
 * What came of one seed.
 *
 * @param trace hash over every step: equal for equal runs
 * @param failure the broken rule, if one was
 */
public record SwarmResult(
        long seed, long trace, long steps, Duration virtual, Coverage coverage, Optional<Throwable> failure) {}
