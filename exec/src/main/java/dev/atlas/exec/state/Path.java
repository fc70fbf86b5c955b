package dev.atlas.exec.state;

import com.google.protobuf.ByteString;

/** Where a key lies in a trie: the first 64 bits of its SHA-256. */
record Path(long bits) {

    static Path of(ByteString key) {
        return new Path(Scratch.own().first(key));
    }

    int digit(int depth) {
        return (int) (bits >>> (Long.SIZE - Node.DIGIT_BITS * (depth + 1))) & (Node.FAN_OUT - 1);
    }

    /** Whether this and the other agree in the first digits. */
    boolean begins(Path other, int digits) {
        return digits == 0 || (bits ^ other.bits) >>> (Long.SIZE - Node.DIGIT_BITS * digits) == 0;
    }
}
