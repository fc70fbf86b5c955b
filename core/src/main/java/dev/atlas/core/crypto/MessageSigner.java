package dev.atlas.core.crypto;

/** Encodes and signs this replica's own messages. Deterministic: the same content gives the same bytes and signature. */
public interface MessageSigner {

    <M extends Signable> Verified<M> sign(M content);
}
