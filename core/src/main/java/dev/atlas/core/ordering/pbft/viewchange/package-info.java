/**
 * The decision of TOCS'02, section 4.4: what a new primary may choose, given what replicas say they prepared and pre-prepared.
 *
 * <p>Pure functions over VIEW-CHANGEs; they keep nothing and know nothing of the protocol around them.
 */
@NullMarked
package dev.atlas.core.ordering.pbft.viewchange;

import org.jspecify.annotations.NullMarked;
