package dev.atlas.net.metrics;

import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A connection was refused before its first frame. */
@Name("atlas.ConnectionRejected")
@Label("Connection Rejected")
@Category({"Atlas", "Network"})
@StackTrace(false)
public final class ConnectionRejectedEvent extends Event {

    @Label("Remote Host")
    public String remoteHost = "";

    @Label("Reason")
    public String reason = "";

    @Label("Detail")
    public String detail = "";
}
