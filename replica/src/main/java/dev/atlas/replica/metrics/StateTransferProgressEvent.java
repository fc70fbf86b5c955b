package dev.atlas.replica.metrics;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** How far the fetching of a state is: when it begins, and every few seconds. */
@Name("atlas.StateTransferProgress")
@Label("State Transfer Progress")
@Category({"Atlas", "Transfer"})
@StackTrace(false)
public final class StateTransferProgressEvent extends Event {

    @Label("Sequence")
    public long sequence;

    @Label("Parts Installed")
    public int parts;

    @Label("Parts in All")
    public int ofParts;

    @Label("Fetched")
    @DataAmount
    public long bytes;
}
