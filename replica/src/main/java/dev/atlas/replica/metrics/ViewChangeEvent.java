package dev.atlas.replica.metrics;

import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** A view was left and a later one entered. */
@Name("atlas.ViewChange")
@Label("View Change")
@Category({"Atlas", "Ordering"})
@StackTrace(false)
public final class ViewChangeEvent extends Event {

    @Label("View")
    public long view;

    @Label("Cause")
    public String cause = "";

    @Label("Time Without View")
    @Timespan(Timespan.NANOSECONDS)
    public long interruptionNanos;
}
