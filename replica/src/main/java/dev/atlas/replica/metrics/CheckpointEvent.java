package dev.atlas.replica.metrics;

import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A checkpoint became stable: garbage below it is collected. */
@Name("atlas.CheckpointStable")
@Label("Checkpoint Stable")
@Category({"Atlas", "Ordering"})
@StackTrace(false)
public final class CheckpointEvent extends Event {

    @Label("Sequence")
    public long sequence;
}
