/** What test nodes that stand before a real one share. Anything of {@code net}'s stubs may enter; it has no threads of its own. */
@NullMarked
package dev.atlas.it.node;

import org.jspecify.annotations.NullMarked;
