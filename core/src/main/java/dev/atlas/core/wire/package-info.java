/**
 * Messages as bytes, and signatures over exactly those bytes.
 *
 * <p>Decoding never throws and never allocates beyond the frame it was given: it returns a value or a typed rejection. Payload bytes alias the
 * received buffer. All types here are thread-safe.
 */
@NullMarked
package dev.atlas.core.wire;

import org.jspecify.annotations.NullMarked;
