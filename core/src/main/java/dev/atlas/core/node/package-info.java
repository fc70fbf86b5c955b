/**
 * The network as replication sees it.
 */
@NullMarked
package dev.atlas.core.node;

import org.jspecify.annotations.NullMarked;
