package dev.atlas.net.metrics;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** What one connection did since the last heartbeat interval, and what waits on it now. */
@Name("atlas.ConnectionLoad")
@Label("Connection Load")
@Category({"Atlas", "Network"})
@StackTrace(false)
public final class ConnectionLoadEvent extends Event {

    @Label("Peer")
    public String peer = "";

    @Label("Connection Index")
    public int index;

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

    @Label("Queued Bytes")
    @DataAmount
    public long queuedBytes;

    /** From a message's entry into the queue to the writer's taking it. */
    @Label("Longest Wait in Queue")
    @Timespan(Timespan.NANOSECONDS)
    public long longestWait;

    /** From the end of a read to the receivers' having taken its messages. */
    @Label("Longest Delivery")
    @Timespan(Timespan.NANOSECONDS)
    public long longestDelivery;

    @Label("Buffer Bytes")
    @DataAmount
    public long bufferBytes;

    /** Whether the reader waited for a receiver of this node at that moment. */
    @Label("Delivering")
    public boolean delivering;
}
