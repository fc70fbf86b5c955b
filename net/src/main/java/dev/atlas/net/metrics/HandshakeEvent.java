package dev.atlas.net.metrics;

import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A handshake, TLS included; its duration is the time it took. */
@Name("atlas.Handshake")
@Label("Handshake")
@Category({"Atlas", "Network"})
@StackTrace(false)
public final class HandshakeEvent extends Event {

    @Label("Remote Host")
    public String remoteHost = "";

    /** Whether this node has connected; the peer has otherwise. */
    @Label("Dialled")
    public boolean dialled;

    @Label("Accepted")
    public boolean accepted;
}
