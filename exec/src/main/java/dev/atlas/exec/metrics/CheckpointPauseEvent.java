package dev.atlas.exec.metrics;

import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** How long execution stood still for a checkpoint: state and sessions were frozen. */
@Name("atlas.CheckpointPause")
@Label("Checkpoint Pause")
@Category({"Atlas", "Execution"})
@StackTrace(false)
public final class CheckpointPauseEvent extends Event {

    @Label("Sequence")
    public long sequence;
}
