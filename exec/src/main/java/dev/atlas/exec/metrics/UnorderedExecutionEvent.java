package dev.atlas.exec.metrics;

import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** The execution of some unordered requests. */
@Name("atlas.UnorderedExecution")
@Label("Unordered Execution")
@Category({"Atlas", "Execution"})
@StackTrace(false)
public final class UnorderedExecutionEvent extends Event {

    @Label("Operations")
    public int operations;
}
