/**
 * The two executors of a state that is divided into parts, of which only the changed ones are hashed and transferred.
 */
@NullMarked
package dev.atlas.exec.divisible;

import org.jspecify.annotations.NullMarked;
