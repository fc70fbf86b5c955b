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
            return ViewsRun.twins(scenario).run(told);
        }

        @Override
        String describe(long scenario) {
            return ViewsRun.twins(scenario).describe();
        }

        @Override
        long usual() {
            return ViewsRun.SCENARIOS;
        }

        @Override
        long last() {
            return ViewsRun.SCENARIOS;
        }

        @Override
        String command() {
            return "mvn -q -Psimulate -Datlas.sim=twins";
        }

        @Override
        List<String> absent(Coverage coverage) {
            return coverage.absent(List.of("views", "messages lost"));
        }
    },
    /** Liars who forge view changes, and partitions by view. */
    FORGERS {
        @Override
        SwarmResult run(long seed, Optional<Consumer<String>> told) {
            return ViewsRun.forgers(seed).run(told);
        }

        @Override
        String describe(long seed) {
            return ViewsRun.forgers(seed).describe();
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
            return "mvn -q -Psimulate -Datlas.sim=forgers";
        }

        @Override
        List<String> absent(Coverage coverage) {
            return coverage.absent(List.of(
                    "views",
                    "messages lost",
                    "lies",
                    "slots fixed by A",
                    "slots fixed by B",
                    "NEW-VIEWs not permitted"));
        }
    },
    /** Lost messages only. */
    LOSSES {
        @Override
        SwarmResult run(long number, Optional<Consumer<String>> told) {
            return LossesRun.run(number, told);
        }

        @Override
        String describe(long number) {
            return LossesRun.describe(number);
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
            return "mvn -q -Psimulate -Datlas.sim=losses";
        }

        @Override
        List<String> absent(Coverage coverage) {
            return coverage.absent(List.of("views", "messages lost", "n = 4", "n = 5", "n = 6", "n = 7"));
        }
    };

    /**
     * @throws IllegalArgumentException for a name that none has
     */
    static Family named(String name) {
        for (Family family : values()) {
            if (family.name().equalsIgnoreCase(name)) {
                return family;
            }
        }
        throw new IllegalArgumentException("-Datlas.sim is one of " + List.of(values()) + ", not " + name);
    }

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
