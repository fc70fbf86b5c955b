package dev.atlas.exec.speculative;

/**
 * Decides for blocks of about one size between the two ways of executing them, by what each has cost lately: cheap operations, conflicts, few cores and a busy
 * machine all show in that one figure. The way not taken is tried again now and then, more and more seldom while it goes on losing.
 */
final class Pace {

    private static final int SHORTEST_INTERVAL = 8;
    private static final int LONGEST_INTERVAL = 512;

    /** A change of the chosen way's cost by more than this is another workload, and calls for a trial. */
    private static final double DRIFT = 2;

    /** Below this a block is over before a helper has woken up. */
    private static final double SHORTEST_BLOCK_NANOS = 20_000;

    private final Cost sequential = new Cost();
    private final Cost speculative = new Cost();
    private boolean speculate;
    private double costAtTrial;
    private int interval = SHORTEST_INTERVAL;
    private int untilTrial;

    /** Whether to speculate on the next block. */
    boolean speculates(int operations) {
        if (sequential.nanos * operations < SHORTEST_BLOCK_NANOS && sequential.known) {
            speculate = false;
            return false;
        }
        if (!sequential.known || !speculative.known) {
            return sequential.known;
        }
        if (--untilTrial > 0) {
            return speculate;
        }
        return !speculate;
    }

    /** What a block has cost. */
    void took(boolean speculated, int operations, long nanos) {
        boolean trial = speculated != speculate || !sequential.known || !speculative.known;
        Cost cost = speculated ? speculative : sequential;
        double sample = (double) nanos / operations;
        boolean faster = !cost.known || sample < cost.nanos;
        boolean surprising = cost.add(sample, trial);
        if (trial) {
            decide(surprising, faster);
        } else if (drifted()) {
            costAtTrial = chosen().nanos;
            interval = SHORTEST_INTERVAL;
            untilTrial = Math.min(untilTrial, 2);
        }
    }

    private Cost chosen() {
        return speculate ? speculative : sequential;
    }

    private boolean drifted() {
        return isFar(chosen().nanos, costAtTrial);
    }

    private static boolean isFar(double cost, double from) {
        return cost > DRIFT * from || DRIFT * cost < from;
    }

    /**
     * A trial that surprises is soon repeated: it was an accident or it is another workload. So is one of a way that is getting faster, as code does while it is
     * compiled, which it is only by being run.
     */
    private void decide(boolean surprising, boolean faster) {
        boolean better = speculative.known && speculative.nanos < sequential.nanos;
        if (better != speculate || surprising) {
            interval = SHORTEST_INTERVAL;
        } else if (!faster) {
            interval = Math.min(2 * interval, LONGEST_INTERVAL);
        }
        speculate = better;
        costAtTrial = chosen().nanos;
        untilTrial = interval;
    }

    /** How many operations a worker takes at a time: one, unless they are so cheap that taking them costs as much. */
    int chunk() {
        return sequential.nanos < 1_000 ? 8 : sequential.nanos < 4_000 ? 4 : 1;
    }

    /** A moving average of nanoseconds for an operation. */
    private static final class Cost {
        private double nanos;
        private boolean known;

        /** True if the sample is far from the average. */
        boolean add(double sample, boolean trial) {
            boolean far = known && isFar(sample, nanos);
            // Whatever disturbs a measurement makes it longer: a far shorter one is the truth, and of the few trials
            // any shorter one.
            boolean better = (far || trial) && sample < nanos;
            nanos = known && !better ? nanos + (sample - nanos) / (trial ? 2 : 8) : sample;
            known = true;
            return far;
        }
    }
}
