/**
 * What is signed and how a signed message passes its three stages: bytes, decoded but unverified, verified.
 *
 * <p>Only {@link dev.atlas.core.crypto.Verified} reaches a protocol. A signature covers the domain of its type, the cluster id and the exact
 * payload bytes (which carry the epoch): verify, then decode; never re-encode in order to compare.
 */
@NullMarked
package dev.atlas.core.crypto;

import org.jspecify.annotations.NullMarked;
