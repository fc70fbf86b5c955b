package dev.atlas.replica.metrics;

import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A replica has read its disk at a start. Executing what was decided after the stored state follows, beside ordering. */
@Name("atlas.Recovery")
@Label("Recovery")
@Category({"Atlas", "Storage"})
@StackTrace(false)
public final class RecoveryEvent extends Event {

    @Label("Stored State")
    public long state;

    @Label("Stable Checkpoint")
    public long stable;

    @Label("Last Decision")
    public long head;

    @Label("Remembers its Votes")
    public boolean votes;
}
