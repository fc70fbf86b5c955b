/**
 * Who a node is: ids, kinds, keys and addresses.
 *
 * <p>Nothing here opens a connection. All types are immutable values, except providers, which are thread-safe.
 */
@NullMarked
package dev.atlas.net.identity;

import org.jspecify.annotations.NullMarked;
