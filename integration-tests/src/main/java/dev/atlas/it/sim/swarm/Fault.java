package dev.atlas.it.sim.swarm;

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
    /** A killed replica comes back with nothing, as a learner. */
    RETURN_AS_LEARNER
}
