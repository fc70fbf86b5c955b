/**
 * What the four executors share: the executor's thread and its queues, sessions and replies, unordered requests, checkpoints and the installation of a state.
 *
 * <p>The executors differ in how a block of operations is run ({@link dev.atlas.exec.executor.TaskRunner}) and in how a state is taken apart
 * ({@link dev.atlas.exec.executor.StateForm}). State and sessions are owned by the executor's thread; snapshots are read by the pool's threads.
 */
@NullMarked
package dev.atlas.exec.executor;

import org.jspecify.annotations.NullMarked;
