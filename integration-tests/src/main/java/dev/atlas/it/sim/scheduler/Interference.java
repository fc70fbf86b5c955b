package dev.atlas.it.sim.scheduler;

/**
 * A thread met a lock of the JDK (a class being loaded, a static table) that a thread of another simulation in this JVM held at that moment. Says nothing
 * about the system under test: the run is to be done again. Simulations run without a log, whose lock all of them would share.
 */
public final class Interference extends SimulationFailure {

    private static final long serialVersionUID = 1L;

    Interference(String process) {
        super("a thread of " + process + " waited for a thread of another simulation");
    }
}
