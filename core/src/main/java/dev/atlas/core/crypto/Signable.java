package dev.atlas.core.crypto;

/** What replicas sign: only what a third party must be convinced of. */
public interface Signable {

    /** The membership whose keys sign it. */
    long epoch();
}
