package dev.atlas.net.metrics;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A connection has ended; its duration is its life. */
@Name("atlas.ConnectionDown")
@Label("Connection Down")
@Category({"Atlas", "Network"})
@StackTrace(false)
public final class ConnectionDownEvent extends Event {

    @Label("Peer")
    public String peer = "";

    @Label("Connection Index")
    public int index;

    @Label("Reason")
    public String reason = "";

    @Label("Detail")
    public String detail = "";

    @Label("Messages In")
    public long messagesIn;

    @Label("Messages Out")
    public long messagesOut;

    @Label("Bytes In")
    @DataAmount
    public long bytesIn;

    @Label("Bytes Out")
    @DataAmount
    public long bytesOut;
}
