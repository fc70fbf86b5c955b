package dev.atlas.it.sim.swarm;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** What a number stands for. */
enum Family {
    /** A seed, from which everything is drawn. */
    SWARM {
        @Override
        SwarmResult run(long seed, Optional<Consumer<String>> told) {
            return told.isPresent() ? SwarmRun.run(seed, told.get()) : SwarmRun.run(seed);
        }

        @Override
        String describe(long seed) {
            return SwarmRun.options(seed).toString();
        }

        @Override
        long usual() {
            return 1_000;
        }

        @Override
        long last() {
            return Long.MAX_VALUE / 2;
        }

        @Override
        String command() {
            return "mvn -q -Psimulate";
        }

        @Override
        List<String> absent(Coverage coverage) {
            List<String> expected = new ArrayList<>(EXPECTED);
            for (Fault fault : Fault.values()) {
                expected.add(fault.name());
            }
            expected.addAll(SwarmOptions.traits());
            return coverage.absent(expected);
        }
    },
    /** A scenario of twins. */
    TWINS {
        @Override
        SwarmResult run(long scenario, Optional<Consumer<String>> told) {
            return TwinsRun.run(scenario, told);
        }

        @Override
        String describe(long scenario) {
            return TwinsRun.describe(scenario);
        }

        @Override
        long usual() {
            return TwinsRun.SCENARIOS;
        }

        @Override
        long last() {
            return TwinsRun.SCENARIOS;
        }

        @Override
        String command() {
            return "mvn -q -Psimulate -Datlas.twins=true";
        }

        @Override
        List<String> absent(Coverage coverage) {
            return coverage.absent(List.of("views", "messages lost"));
        }
    };

    /** What a run of many seeds brings about, beside the faults. */
    private static final List<String> EXPECTED = List.of(
            "views",
            "lies",
            "messages lost",
            "operations answered",
            "executions compared",
            "outcomes unknown",
            "left outside the core",
            "learners that vote again",
            "state transfer messages",
            "slots fixed by A",
            "slots fixed by B",
            "NEW-VIEWs that open nothing",
            "NEW-VIEWs not permitted");

    abstract SwarmResult run(long number, Optional<Consumer<String>> told);

    abstract String describe(long number);

    /** How many are run if nobody says. */
    abstract long usual();

    abstract long last();

    /** Runs one again, with its number. */
    abstract String command();

    /** What should have happened in many runs and did not. */
    abstract List<String> absent(Coverage coverage);
}
