package dev.atlas.replica.metrics;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** What was left of a part of the journal went to LevelDB; its duration includes the syncs. */
@Name("atlas.JournalFlush")
@Label("Journal Flush")
@Category({"Atlas", "Storage"})
@StackTrace(false)
public final class JournalFlushEvent extends Event {

    /** None for what was found when the replica started. */
    @Label("Bytes in the Journal")
    @DataAmount
    public long journalBytes;

    @Label("Bytes Written")
    @DataAmount
    public long netBytes;
}
