package dev.atlas.it.sim.scheduler;

/** A run broke a rule: of the system under test, or of simulation itself. The message says which. */
public final class SimulationFailure extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public SimulationFailure(String rule) {
        super(rule);
    }

    public SimulationFailure(String rule, Throwable cause) {
        super(rule, cause);
    }
}
