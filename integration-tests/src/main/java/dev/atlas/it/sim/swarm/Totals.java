package dev.atlas.it.sim.swarm;

/** Sums over the seeds of a run. Owned by whoever runs them. */
final class Totals {

    long done;

    /** Those that ran twice and did the same. */
    long twice;

    long steps;
    long virtualMillis;

    /** Real time of the run, as far as it has been run before. */
    long nanos;

    final Coverage coverage = new Coverage();

    void add(SwarmResult result, boolean ranTwice) {
        done++;
        twice += ranTwice ? 1 : 0;
        steps += result.steps();
        virtualMillis += result.virtual().toMillis();
        coverage.add(result.coverage());
    }

    Totals copy(long nanosNow) {
        Totals copy = new Totals();
        copy.done = done;
        copy.twice = twice;
        copy.steps = steps;
        copy.virtualMillis = virtualMillis;
        copy.nanos = nanosNow;
        copy.coverage.add(coverage);
        return copy;
    }
}
