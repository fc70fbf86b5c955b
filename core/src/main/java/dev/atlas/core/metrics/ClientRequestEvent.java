package dev.atlas.core.metrics;

import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** One request as its caller saw it. */
@Name("atlas.ClientRequest")
@Label("Client Request")
@Category({"Atlas", "Client"})
@StackTrace(false)
public final class ClientRequestEvent extends Event {

    @Label("Ordered")
    public boolean ordered;

    @Label("Outcome")
    public String outcome = "";
}
