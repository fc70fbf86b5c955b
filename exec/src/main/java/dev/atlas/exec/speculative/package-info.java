/**
 * Parallel execution whose results are, byte for byte, those of executing one operation after the other.
 *
 * <p>After Block-STM (Gelashvili et al., PPoPP'23): operations run optimistically over a multi-version memory, remember what they have read, are validated
 * in order, and run again if what they read has changed. One block at a time, called by the executor's thread; the pool's threads work inside of it. Knows
 * nothing of sessions, batches and replies.
 */
@NullMarked
package dev.atlas.exec.speculative;

import org.jspecify.annotations.NullMarked;
