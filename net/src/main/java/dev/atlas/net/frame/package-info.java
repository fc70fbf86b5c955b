/**
 * Frames: a big-endian length of four bytes that counts the payload, a byte for the module, the payload.
 *
 * <p>A length is checked against the limit of its module before anything is allocated. Module code 0 with an empty payload is a
 * heartbeat. A reader belongs to the connection's reader thread, a writer to its writer thread; nothing here starts a thread or knows
 * who the peer is.
 */
@NullMarked
package dev.atlas.net.frame;

import org.jspecify.annotations.NullMarked;
