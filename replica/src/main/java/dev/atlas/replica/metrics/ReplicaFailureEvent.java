package dev.atlas.replica.metrics;

import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** The replica cannot go on and stops. */
@Name("atlas.ReplicaFailure")
@Label("Replica Failure")
@Category("Atlas")
@StackTrace(false)
public final class ReplicaFailureEvent extends Event {

    @Label("Replica")
    public String replica = "";

    @Label("Cause")
    public String cause = "";
}
