/**
 * Executors that run one operation after the other.
 */
@NullMarked
package dev.atlas.exec.sequential;

import org.jspecify.annotations.NullMarked;
