package dev.atlas.net.handshake;

import dev.atlas.net.crypto.PublicKey;
import dev.atlas.net.identity.NodeId;
import dev.atlas.net.identity.NodeKind;

/** Whom a handshake has proved to be at the other end. */
public record PeerIdentity(NodeId id, NodeKind kind, PublicKey publicKey) {}
