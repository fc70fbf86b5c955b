/**
 * What an application author implements: a deterministic state machine and its state.
 *
 * <p>Called by executors on their own threads; an application depends on nothing but its arguments.
 */
@NullMarked
package dev.atlas.core.application;

import org.jspecify.annotations.NullMarked;
