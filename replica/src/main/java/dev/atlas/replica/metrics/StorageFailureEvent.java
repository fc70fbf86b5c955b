package dev.atlas.replica.metrics;

import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** The disk failed; the replica stops. */
@Name("atlas.StorageFailure")
@Label("Storage Failure")
@Category({"Atlas", "Storage"})
@StackTrace(false)
public final class StorageFailureEvent extends Event {

    @Label("Cause")
    public String cause = "";
}
