/**
 * What the network tells an operator: JFR events of the category Atlas, Network, and counters for tests and status.
 *
 * <p>Events cost nothing while no recording asks for them and carry no stack traces. Counters may be touched from any thread.
 */
@NullMarked
package dev.atlas.net.metrics;

import org.jspecify.annotations.NullMarked;
