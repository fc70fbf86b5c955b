/**
 * Structured concurrency and hand-over between threads.
 *
 * <p>{@link dev.atlas.net.concurrent.TaskScope} for a bounded piece of work, {@link dev.atlas.net.concurrent.Supervisor} for the long-lived
 * threads of a service, {@link dev.atlas.net.concurrent.Mailbox} for what they say to each other. Time and threads come from the environment;
 * every wait here is untimed and ends by a signal.
 */
@NullMarked
package dev.atlas.net.concurrent;

import org.jspecify.annotations.NullMarked;
