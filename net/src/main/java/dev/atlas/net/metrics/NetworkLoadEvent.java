package dev.atlas.net.metrics;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
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

    @Label("Connections Ended by a Broken Framing")
    public long framingViolations;

    @Label("Connections Ended by Silence")
    public long silences;

    /** Because the peer did not read, or held memory that others needed. */
    @Label("Connections Ended by a Stall")
    public long stalls;

    @Label("Failed Accepts")
    public long acceptFailures;

    @Label("Failures of Receivers")
    public long receiverFailures;

    @Label("Connection Attempts After the First")
    public long reconnects;

    @Label("Dropped Protocol Messages")
    public long droppedProtocol;

    @Label("Dropped Reconfiguration Messages")
    public long droppedReconfiguration;

    @Label("Dropped Requests and Replies")
    public long droppedApplication;

    @Label("Dropped Transfer Messages")
    public long droppedTransfer;

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

    /** Beyond what each has of its own. */
    @Label("Memory Held by Clients")
    @DataAmount
    public long clientMemory;
}
