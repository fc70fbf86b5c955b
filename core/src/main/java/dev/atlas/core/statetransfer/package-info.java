/**
 * What replicas say to each other to hand over a state, and who is asked for which part of it.
 *
 * <p>Pure: no clock, thread or socket. A state is believed because of the certificate over its descriptor's digest, never because of who sent it.
 */
@NullMarked
package dev.atlas.core.statetransfer;

import org.jspecify.annotations.NullMarked;
