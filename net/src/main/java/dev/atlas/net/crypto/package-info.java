/**
 * Digests, keys and the signature seam.
 *
 * <p>Identity needs keys before any message exists, so these primitives live at the bottom; what is signed, and under which domain,
 * is decided in {@code dev.atlas.core.crypto}. A simulator substitutes {@link dev.atlas.net.crypto.SignatureScheme}.
 */
@NullMarked
package dev.atlas.net.crypto;

import org.jspecify.annotations.NullMarked;
