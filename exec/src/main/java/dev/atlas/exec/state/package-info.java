/**
 * Ready-made states and the key/value store of the demo.
 *
 * <p>Useful as they are, and the shortest example of an application.
 */
@NullMarked
package dev.atlas.exec.state;

import org.jspecify.annotations.NullMarked;
