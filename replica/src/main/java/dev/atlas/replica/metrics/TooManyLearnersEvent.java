package dev.atlas.replica.metrics;

import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** More than f others say that they are learners, and nothing has been decided for a while. */
@Name("atlas.TooManyLearners")
@Label("Too Many Learners")
@Category("Atlas")
@StackTrace(false)
public final class TooManyLearnersEvent extends Event {

    @Label("Learners")
    public String learners = "";
}
