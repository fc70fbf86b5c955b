package dev.atlas.net.metrics;

import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** The state of one node's network, once in a heartbeat interval; the counts are since the node was made. */
@Name("atlas.NetworkLoad")
@Label("Network Load")
@Category({"Atlas", "Network"})
@StackTrace(false)
public final class NetworkLoadEvent extends Event {

    @Label("Node")
    public String node = "";

    @Label("Peers")
    public int peers;

    @Label("Connections")
    public int connections;

    @Label("Unauthenticated Connections")
    public int unauthenticated;

    @Label("Rejected Connections")
    public long rejected;

    @Label("Dropped Messages")
    public long dropped;

    @Label("Connection Attempts After the First")
    public long reconnects;
}
