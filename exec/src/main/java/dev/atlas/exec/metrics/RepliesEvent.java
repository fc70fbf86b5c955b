package dev.atlas.exec.metrics;

import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** The replies to one decided batch were handed to the network. */
@Name("atlas.Replies")
@Label("Replies")
@Category({"Atlas", "Execution"})
@StackTrace(false)
public final class RepliesEvent extends Event {

    @Label("Sequence")
    public long sequence;

    @Label("Clients")
    public int clients;
}
