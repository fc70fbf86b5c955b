package dev.atlas.replica.metrics;

import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** This replica has fallen behind the others; one when it is noticed, one every few seconds, and one at the end. */
@Name("atlas.CatchUp")
@Label("Catching Up")
@Category({"Atlas", "Transfer"})
@StackTrace(false)
public final class CatchUpEvent extends Event {

    @Label("Decided Here")
    public long decided;

    @Label("Decided by Others")
    public long others;

    @Label("Over")
    public boolean over;
}
