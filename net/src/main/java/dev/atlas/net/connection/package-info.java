/**
 * Connections, from a listening address to a module's receiver: accepting, dialling, pooling, queues, heartbeats, loopback.
 *
 * <p>{@link dev.atlas.net.connection.BlockingNetworkNode} is the face. Each connection has a reader and a writer virtual thread and
 * ends alone; what they share is one queue under one lock. Nothing here knows what a message means. Threads belong to the node's
 * {@link dev.atlas.net.concurrent.Supervisor} and end with it.
 */
@NullMarked
package dev.atlas.net.connection;

import org.jspecify.annotations.NullMarked;
