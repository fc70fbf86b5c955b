/**
 * The one thread that owns protocol state, and what stands around it.
 *
 * <p>Others reach it through a mailbox with lanes; it steps the ordering protocol and performs the effects in order. Nothing here blocks
 * on a peer or on execution: what may block has its own thread behind a bounded queue.
 */
@NullMarked
package dev.atlas.replica.orchestrator;

import org.jspecify.annotations.NullMarked;
