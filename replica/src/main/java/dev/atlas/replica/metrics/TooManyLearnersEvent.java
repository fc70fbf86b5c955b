package dev.atlas.replica.metrics;

import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** So many others say that they are learners that no quorum is left to vote, and nothing has been decided for a while. */
@Name("atlas.TooManyLearners")
@Label("Too Many Learners")
@Category("Atlas")
@StackTrace(false)
public final class TooManyLearnersEvent extends Event {

    @Label("Learners")
    public String learners = "";
}
