package dev.atlas.replica.metrics;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** This replica fetched, or tried to fetch, a state from others. */
@Name("atlas.StateTransfer")
@Label("State Transfer")
@Category({"Atlas", "Transfer"})
@StackTrace(false)
public final class StateTransferEvent extends Event {

    @Label("Sequence")
    public long sequence;

    @Label("Parts")
    public int parts;

    @Label("Fetched")
    @DataAmount
    public long bytes;

    @Label("Sources That Lied")
    public int liars;

    @Label("Outcome")
    public String outcome = "no state found";
}
