package dev.atlas.exec.metrics;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** The execution of one block of operations by an executor that can run them in parallel. */
@Name("atlas.Speculation")
@Label("Speculation")
@Category({"Atlas", "Execution"})
@StackTrace(false)
public final class SpeculationEvent extends Event {

    @Label("Operations")
    public int operations;

    @Label("Speculative")
    @Description("False for the sequential path, taken when operations are cheap or conflict")
    public boolean speculative;

    @Label("Incarnations")
    @Description("Executions of the operations; those beyond the number of operations are re-executions")
    public long incarnations;

    @Label("Aborts")
    @Description("Executions thrown away because what they had read has changed")
    public long aborts;
}
