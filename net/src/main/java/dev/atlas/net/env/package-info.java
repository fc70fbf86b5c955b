/**
 * The environment seam: the only way in which production code gets threads, time, timers and randomness.
 *
 * <p>Everything that could make two runs differ comes through {@link dev.atlas.net.env.Environment}; a simulator supplies its own
 * implementation and repeats a whole cluster from a seed. Nothing here knows of sockets, peers or messages. All types are thread-safe.
 */
@NullMarked
package dev.atlas.net.env;

import org.jspecify.annotations.NullMarked;
