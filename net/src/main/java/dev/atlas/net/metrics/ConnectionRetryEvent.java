package dev.atlas.net.metrics;

import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** A dialler waits before it tries again. */
@Name("atlas.ConnectionRetry")
@Label("Connection Retry")
@Category({"Atlas", "Network"})
@StackTrace(false)
public final class ConnectionRetryEvent extends Event {

    @Label("Peer")
    public String peer = "";

    @Label("Connection Index")
    public int index;

    @Label("Delay")
    @Timespan(Timespan.MILLISECONDS)
    public long delayMillis;

    @Label("Cause")
    public String cause = "";
}
