package dev.atlas.replica.metrics;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A checkpoint's state is on disk as a whole; the duration is that of its writing, between other writes. */
@Name("atlas.StateStored")
@Label("State Stored")
@Category({"Atlas", "Storage"})
@StackTrace(false)
public final class StateStoredEvent extends Event {

    @Label("Sequence Number")
    public long sequence;

    @Label("Parts")
    public int parts;

    @Label("Bytes Written")
    @DataAmount
    public long bytes;
}
