package dev.atlas.exec.metrics;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** The execution of a decided batch, or of several that were waiting. */
@Name("atlas.BatchExecution")
@Label("Batch Execution")
@Category({"Atlas", "Execution"})
@StackTrace(false)
public final class BatchExecutionEvent extends Event {

    @Label("Sequence")
    @Description("Of the last batch")
    public long sequence;

    @Label("Batches")
    public int batches;

    @Label("Operations")
    @Description("Operations executed, duplicates excluded")
    public int operations;

    @Label("Latency")
    @Description("From when the first of the batches was queued to when their replies left")
    @Timespan(Timespan.NANOSECONDS)
    public long latency;
}
