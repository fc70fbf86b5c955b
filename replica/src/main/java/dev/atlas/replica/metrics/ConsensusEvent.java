package dev.atlas.replica.metrics;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** One sequence number from its proposal to its decision. */
@Name("atlas.ConsensusInstance")
@Label("Consensus Instance")
@Category({"Atlas", "Ordering"})
@StackTrace(false)
public final class ConsensusEvent extends Event {

    @Label("Sequence")
    public long sequence;

    @Label("View")
    public long view;

    @Label("Bundles")
    @Description("Request bundles in the batch")
    public int bundles;

    @Label("Time to Prepared")
    @Timespan(Timespan.NANOSECONDS)
    public long preparedNanos;

    @Label("Time to Decided")
    @Timespan(Timespan.NANOSECONDS)
    public long decidedNanos;
}
