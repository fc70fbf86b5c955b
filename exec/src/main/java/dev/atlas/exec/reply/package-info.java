/**
 * How answers leave an executor.
 */
@NullMarked
package dev.atlas.exec.reply;

import org.jspecify.annotations.NullMarked;
