package dev.atlas.exec.executor;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.DivisibleState.PartDescriptor;
import java.io.IOException;

/**
 * How a state is taken apart and put together.
 *
 * @param <S> state
 */
public interface StateForm<S> {

    /** Holds on to the state as it is. Execution waits for it. */
    FrozenState freeze(S state);

    /**
     * Whether these are the bytes of that part. Thread-safe.
     *
     * @param any a state of the kind, whatever is in it
     */
    boolean matches(S any, PartDescriptor part, ByteString bytes);

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

        /** Empty after the last; blocks until there is one. */
        ByteString next() throws IOException, InterruptedException;
    }
}
