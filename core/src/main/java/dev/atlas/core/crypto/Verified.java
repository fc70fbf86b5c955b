package dev.atlas.core.crypto;

import dev.atlas.net.identity.ReplicaId;

/**
 * A signed message whose signature, and those of every certificate inside it, have been checked against the membership of its epoch.
 *
 * <p>Made by a {@link MessageVerifier} or {@link MessageSigner}, by nobody else.
 */
public record Verified<M extends Signable>(Signed<M> signed) {

    public M content() {
        return signed.content();
    }

    public ReplicaId signer() {
        return signed.signer();
    }
}
