/**
 * TLS 1.3 with pinned keys over any transport.
 *
 * <p>Both ends present a self-signed Ed25519 certificate; there is no authority, no host name and no session resumption. This room
 * proves which key the peer owns; whose key that is, the handshake above decides. BouncyCastle makes the certificates, the JDK's own
 * JSSE does the rest: BouncyCastle's is ten times slower. A channel's engine belongs to its one reader and its one writer.
 */
@NullMarked
package dev.atlas.net.tls;

import org.jspecify.annotations.NullMarked;
