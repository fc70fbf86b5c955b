/**
 * For authors of applications: finds out whether an application is deterministic, and whether it can be executed in parallel.
 *
 * <p>Usable from any JUnit test, on the test's own thread.
 */
@NullMarked
package dev.atlas.it.determinism;

import org.jspecify.annotations.NullMarked;
