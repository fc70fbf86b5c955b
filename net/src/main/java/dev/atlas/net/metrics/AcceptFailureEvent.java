package dev.atlas.net.metrics;

import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** A node could not accept a connection and waits before it tries again. */
@Name("atlas.AcceptFailure")
@Label("Accept Failure")
@Category({"Atlas", "Network"})
@StackTrace(false)
public final class AcceptFailureEvent extends Event {

    @Label("Address")
    public String address = "";

    @Label("Cause")
    public String cause = "";

    @Label("Delay")
    @Timespan(Timespan.MILLISECONDS)
    public long delayMillis;
}
