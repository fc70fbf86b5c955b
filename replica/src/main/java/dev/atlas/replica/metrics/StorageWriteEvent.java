package dev.atlas.replica.metrics;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** One write to disk; its duration includes the sync. */
@Name("atlas.StorageWrite")
@Label("Storage Write")
@Category({"Atlas", "Storage"})
@StackTrace(false)
public final class StorageWriteEvent extends Event {

    @Label("Groups of Effects and Decisions")
    public int groups;

    @Label("Bytes")
    @DataAmount
    public long bytes;

    @Label("Synced")
    public boolean synced;
}
