/**
 * The port from ordering to execution: decided batches in, replies and checkpoints out.
 *
 * <p>Implemented by the executors; used by the replica's decision log and pre-processing.
 */
@NullMarked
package dev.atlas.core.execution;

import org.jspecify.annotations.NullMarked;
