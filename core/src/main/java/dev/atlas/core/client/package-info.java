/**
 * The client: many callers, one connection to each replica, signed bundles, reply quorums.
 *
 * <p>{@link dev.atlas.core.client.SmrClient} is the face. A call's life: waiting, sent under a number, answered by enough replicas or given up.
 */
@NullMarked
package dev.atlas.core.client;

import org.jspecify.annotations.NullMarked;
