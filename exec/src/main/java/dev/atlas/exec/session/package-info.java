/**
 * Exactly once: what each client session has had executed, decided by log order alone.
 *
 * <p>Part of the replicated state: equal logs give equal tables, byte for byte. Owned by the executor's thread.
 */
@NullMarked
package dev.atlas.exec.session;

import org.jspecify.annotations.NullMarked;
