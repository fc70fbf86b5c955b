package dev.atlas.net.frame;

/** Asked before memory is held for a frame that does not fit the read buffer. Called by the reader's thread. */
@FunctionalInterface
public interface Room {

    /** For peers that are few and known. */
    Room UNLIMITED = bytes -> true;

    /** Holds so much from now on, in all; 0 always succeeds. */
    boolean resize(int bytes);
}
