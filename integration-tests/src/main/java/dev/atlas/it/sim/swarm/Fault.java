package dev.atlas.it.sim.swarm;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/** What can happen to a cluster from outside. Liars and lost messages are part of a cluster's options. */
enum Fault {
    /** No bytes between two groups of hosts, either way. */
    PARTITION,
    /** No bytes from one group to the other; the way back is open. */
    ONE_WAY_CUT,
    /** Hosts are cut off one after the other and come back in another order. */
    SWIZZLE,
    /** Open connections are reset. */
    RESETS,
    /** One direction of one link becomes slow. */
    SLOW_LINK,
    /** A replica stands still for a while. */
    PAUSE,
    /** A replica's wall clock jumps. */
    CLOCK_JUMP,
    /** A replica is killed. */
    CRASH,
    /** A killed replica comes back as a learner: with nothing, or with what was written behind. */
    RETURN_AS_LEARNER,
    /** A replica is killed and started again with its disk. */
    RESTART,
    /** Every replica that has a disk is killed at once and started again. */
    POWER_LOSS,
    /** A replica is closed in order and started again. */
    CLOSE_AND_START,
    /** A disk breaks or is full; it is repaired and its replica started again. */
    DISK_FAILURE,
    /** A bit flips on a killed replica's disk. What is refused is replaced by an empty disk. */
    BIT_FLIP;

    /** What can happen without a disk. */
    static final Set<Fault> ALWAYS = Collections.unmodifiableSet(EnumSet.range(PARTITION, RETURN_AS_LEARNER));

    /** What else can happen to replicas whose votes survive. */
    static final Set<Fault> STRICT = Collections.unmodifiableSet(EnumSet.range(RESTART, BIT_FLIP));

    /** What else can happen to replicas whose votes survive only if they are closed in order. */
    static final Set<Fault> OPTIMISTIC = Collections.unmodifiableSet(EnumSet.of(CLOSE_AND_START));
}
