package dev.atlas.exec.metrics;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** The execution of one decided batch, replies included. */
@Name("atlas.BatchExecution")
@Label("Batch Execution")
@Category({"Atlas", "Execution"})
@StackTrace(false)
public final class BatchExecutionEvent extends Event {

    @Label("Sequence")
    public long sequence;

    @Label("Operations")
    @Description("Operations executed, duplicates excluded")
    public int operations;
}
