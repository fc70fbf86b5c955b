package dev.atlas.replica.metrics;

import jdk.jfr.Category;
import jdk.jfr.Description;
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

    /** The cause of one that was entered without the one before having been left. */
    public static final String FOLLOWED = "FOLLOWED";

    @Label("Cause")
    @Description(
            "Why the view before was left, by name of a ViewChangeCause; or FOLLOWED, where it was not, or before a restart")
    public String cause = "";

    @Label("Time Without View")
    @Timespan(Timespan.NANOSECONDS)
    public long interruptionNanos;
}
