/**
 * Pipelined PBFT (Castro and Liskov, "Practical Byzantine Fault Tolerance", OSDI'99) with the view change of TOCS'02 ("Practical Byzantine
 * Fault Tolerance and Proactive Recovery", ACM TOCS 20(4), section 4.4), whose normal case needs no signatures.
 *
 * <p>{@link dev.atlas.core.ordering.pbft.Pbft} dispatches events; {@code NormalCase} agrees on slots, {@code ViewChanger} replaces primaries,
 * {@code Checkpointer} moves the window, {@code StatusExchange} mends losses. They share one {@code PbftState}. Everything is owned by the
 * one thread that steps the protocol; nothing here reads a clock, draws a random number or performs I/O.
 */
@NullMarked
package dev.atlas.core.ordering.pbft;

import org.jspecify.annotations.NullMarked;
