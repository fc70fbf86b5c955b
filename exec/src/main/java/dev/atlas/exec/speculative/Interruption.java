package dev.atlas.exec.speculative;

/** Ends an incarnation that would be thrown away. An Error, because applications catch exceptions; stackless, because it is no failure. */
final class Interruption extends Error {

    Interruption() {
        super("this execution is thrown away and repeated", null, false, false);
    }
}
