/**
 * The ready-made state, and the key/value store of the demo over it.
 *
 * <p>Useful as they are, and the shortest example of an application. A state belongs to the executor's thread; a snapshot of it to nobody.
 */
@NullMarked
package dev.atlas.exec.state;

import org.jspecify.annotations.NullMarked;
