/**
 * Who is at the other end: the first two messages of a connection, before any frame is read.
 *
 * <p>Both ends send a Hello, judge the other's, and answer with an Acknowledge. Everything that arrives is hostile until then: it is
 * bounded to {@link dev.atlas.net.handshake.Handshake#MAX_MESSAGE_BYTES}, runs against a deadline, and a refusal is a value with a
 * reason, never an exception. Runs on the connection's own thread.
 */
@NullMarked
package dev.atlas.net.handshake;

import org.jspecify.annotations.NullMarked;
