package dev.atlas.it.sim.byzantine;

/** What a client may do that a correct one never does. */
public enum Trick {
    /** One number with two bodies, each to some of the replicas. */
    TWO_BODIES,
    /** A bundle to some replicas only. */
    SOME_REPLICAS,
    /** An old bundle again. */
    REPLAY,
    /** Numbers beyond the window, the largest there are among them. */
    FAR_AHEAD,
    /** Large bodies, too large ones, and too many of them. */
    LARGE,
    /** Many bundles at once. */
    FLOOD,
    BAD_SIGNATURE,
    /** No reply is read for a while. */
    DEAF,
    /** Openings, new ones and old ones, many in a bundle. */
    SESSIONS,
    /** The same number several times in a bundle, and unordered requests between ordered ones. */
    SAME_NUMBERS,
    /** Of numbers never sent, and of sessions that are not there. */
    FALSE_ACKNOWLEDGEMENTS,
    /** Requests in sessions of others, and of nobody. */
    STRANGE_SESSIONS,
    /** Bytes that are no message, no bundle, or no operation, and messages that only replicas send. */
    NOISE,
    /** Bundles that another key has signed. */
    OTHERS_BUNDLES
}
