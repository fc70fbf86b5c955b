/**
 * What replicas say to each other to bring one of them up to a checkpoint's state.
 *
 * <p>Everything that is answered is checked against a checkpoint certificate, so it does not matter who answers. The blocking code that asks and serves lives in
 * the replica.
 */
@NullMarked
package dev.atlas.core.statetransfer;

import org.jspecify.annotations.NullMarked;
