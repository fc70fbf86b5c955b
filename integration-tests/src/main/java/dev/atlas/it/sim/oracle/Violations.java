package dev.atlas.it.sim.oracle;

/** Where a judge reports a broken rule. */
@FunctionalInterface
public interface Violations {

    void report(String rule);
}
