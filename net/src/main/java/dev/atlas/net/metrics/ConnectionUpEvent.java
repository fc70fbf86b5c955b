package dev.atlas.net.metrics;

import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A connection has been authenticated and carries frames from now on. */
@Name("atlas.ConnectionUp")
@Label("Connection Up")
@Category({"Atlas", "Network"})
@StackTrace(false)
public final class ConnectionUpEvent extends Event {

    @Label("Peer")
    public String peer = "";

    @Label("Connection Index")
    public int index;

    @Label("Remote Host")
    public String remoteHost = "";
}
