/**
 * The face of the network to the modules above: who sends what to whom, by module.
 *
 * <p>One {@link dev.atlas.net.stub.OutgoingStub} and {@link dev.atlas.net.stub.IncomingStub} for each module, gathered in a {@link
 * dev.atlas.net.stub.NetworkNode}.
 */
@NullMarked
package dev.atlas.net.stub;

import org.jspecify.annotations.NullMarked;
