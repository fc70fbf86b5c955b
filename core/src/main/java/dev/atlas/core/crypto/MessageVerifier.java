package dev.atlas.core.crypto;

import java.util.Optional;

/** Checks signatures against a membership; CPU-bound (about 80 µs a signature), so it runs on the compute pool. Thread-safe. */
public interface MessageVerifier {

    /** Empty if the signer is no member, its epoch is another, or any signature in it, certificates included, is invalid. */
    <M extends Signable> Optional<Verified<M>> verify(Signed<M> signed);
}
