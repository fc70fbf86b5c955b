package dev.atlas.core.application;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** A state that is checkpointed and transferred as one stream of bytes. */
public interface MonolithicState {

    /** Writes the whole state. Equal states must write equal bytes: sort what has no order. */
    void writeTo(OutputStream target) throws IOException;

    /** Replaces the whole state by what {@link #writeTo} wrote. */
    void readFrom(InputStream source) throws IOException;
}
