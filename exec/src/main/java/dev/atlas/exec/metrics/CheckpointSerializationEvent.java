package dev.atlas.exec.metrics;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A checkpoint was serialised and hashed. */
@Name("atlas.CheckpointSerialization")
@Label("Checkpoint Serialization")
@Category({"Atlas", "Execution"})
@StackTrace(false)
public final class CheckpointSerializationEvent extends Event {

    @Label("Sequence")
    public long sequence;

    @Label("Size")
    @DataAmount
    public long size;
}
