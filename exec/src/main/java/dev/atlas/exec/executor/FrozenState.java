package dev.atlas.exec.executor;

import dev.atlas.core.application.DivisibleState.Part;
import dev.atlas.core.application.DivisibleState.PartDescriptor;
import java.util.List;

/** An application's state at a checkpoint, which nothing changes any more. Any thread may call, but the first to ask for the parts goes alone. */
public interface FrozenState {

    /** May serialise and hash all of the state. */
    List<PartDescriptor> parts();

    /** One of {@link #parts}. */
    Part part(PartDescriptor part);
}
