/**
 * The benchmarks of the transport: Atlas, plain and over TLS, side by side with Netty and with a bare loop over blocking sockets.
 *
 * <p>Every contender sends the same frames (four bytes of length, one of module, the payload) over one TCP connection for each pair of
 * nodes, and is loaded and measured by the same code. {@link dev.atlas.it.bench.transport.TransportBench} and {@link
 * dev.atlas.it.bench.transport.ConnectionsBench} are the faces. Not part of the library: real clocks and threads are used freely.
 */
@NullMarked
package dev.atlas.it.bench.transport;

import org.jspecify.annotations.NullMarked;
