/**
 * Blocking byte channels: TCP, TLS 1.3 over it, and in memory.
 *
 * <p>The seam below framing and identity. A channel carries bytes in order or fails; it knows no messages.
 */
@NullMarked
package dev.atlas.net.transport;

import org.jspecify.annotations.NullMarked;
