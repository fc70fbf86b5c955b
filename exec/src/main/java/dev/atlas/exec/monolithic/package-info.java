/**
 * The two executors of a state that is one stream of bytes.
 */
@NullMarked
package dev.atlas.exec.monolithic;

import org.jspecify.annotations.NullMarked;
