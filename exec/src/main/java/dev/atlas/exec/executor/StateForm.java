package dev.atlas.exec.executor;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.DivisibleState.Part;
import dev.atlas.core.application.DivisibleState.PartDescriptor;
import java.io.IOException;
import java.util.Optional;

/**
 * How a state is taken apart and put together.
 *
 * @param <S> state
 */
public interface StateForm<S> {

    /** Holds on to the state as it is. Execution waits for it. */
    FrozenState freeze(S state);

    /**
     * Reads a part and checks that the bytes are its own. Thread-safe.
     *
     * @param any a state of the kind, whatever is in it
     * @throws IOException if they are not
     */
    Part read(S any, PartDescriptor part, ByteString bytes) throws IOException;

    /** Whether {@link #install} takes the parts in any order. */
    boolean inAnyOrder();

    /**
     * Replaces the whole of a state by the parts of another.
     *
     * @throws IOException if the parts make no state
     */
    void install(S state, PartSource parts) throws IOException, InterruptedException;

    /** Gives one part after the other. */
    @FunctionalInterface
    interface PartSource {

        /** None after the last; blocks until there is one. */
        Optional<Part> next() throws IOException, InterruptedException;
    }
}
