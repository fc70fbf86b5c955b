package dev.atlas.replica.storage;

import dev.atlas.net.crypto.Digest;

/** Where a batch and its bodies lie: one record for each slot that the batch was proposed or decided for. */
record Place(long sequence, Digest batch) {

    byte[] key() {
        return Key.BATCH.at(sequence, batch);
    }
}
