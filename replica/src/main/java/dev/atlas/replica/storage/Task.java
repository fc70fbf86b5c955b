package dev.atlas.replica.storage;

import java.io.IOException;

/** Something that is done in steps, and may be left between two. */
@FunctionalInterface
interface Task {

    /** Does a step; whether it was the last. */
    boolean step() throws IOException;
}
