package dev.atlas.replica.metrics;

import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** Another replica says that it runs with other settings, which must be equal; one for each difference, and eight at most for each replica. */
@Name("atlas.SettingsDiffer")
@Label("Settings Differ")
@Category({"Atlas"})
@StackTrace(false)
public final class SettingsDifferEvent extends Event {

    @Label("Peer")
    public String peer = "";

    @Label("Differences")
    public String differences = "";
}
