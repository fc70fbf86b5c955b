package dev.atlas.it.sim.byzantine;

import dev.atlas.core.message.OrderingMessage;

/**
 * Which messages of ordering arrive, by what they say and not by when they are sent. Instances are replicas by number; a twin's other half follows all replicas.
 */
@FunctionalInterface
public interface Routes {

    Routes ALL = (from, to, message) -> true;

    boolean passes(int from, int to, OrderingMessage message);
}
