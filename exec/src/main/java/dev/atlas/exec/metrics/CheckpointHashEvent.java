package dev.atlas.exec.metrics;

import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** The state was serialised and hashed for a checkpoint, beside execution. */
@Name("atlas.CheckpointHash")
@Label("Checkpoint Hash")
@Category({"Atlas", "Execution"})
@StackTrace(false)
public final class CheckpointHashEvent extends Event {

    @Label("Sequence")
    public long sequence;
}
