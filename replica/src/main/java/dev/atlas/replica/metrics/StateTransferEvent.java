package dev.atlas.replica.metrics;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** An attempt to fetch and install the state at a checkpoint. */
@Name("atlas.StateTransfer")
@Label("State Transfer")
@Category({"Atlas", "Transfer"})
@StackTrace(false)
public final class StateTransferEvent extends Event {

    @Label("Sequence")
    public long sequence;

    @Label("Fetched Bytes")
    @DataAmount
    public long bytes;

    @Label("Outcome")
    public String outcome = "";
}
