package dev.atlas.it.sim.swarm;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** What a number stands for. */
enum Family {
    /** A seed, from which everything is drawn. */
    SWARM(1_000, Long.MAX_VALUE / 2, "mvn -q -Psimulate") {
        @Override
        Scenario scenario(long seed) {
            return new Seed(seed);
        }

        @Override
        List<String> traits() {
            return SwarmOptions.traits();
        }

        @Override
        List<String> traits(long seed) {
            return SwarmRun.options(seed).ownTraits();
        }

        @Override
        List<String> expected() {
            List<String> expected = new ArrayList<>(EXPECTED);
            for (Fault fault : Fault.values()) {
                expected.add(fault.name());
            }
            expected.addAll(SwarmOptions.traits());
            return expected;
        }
    },
    /** A scenario of twins. */
    TWINS(ViewsRun.SCENARIOS, ViewsRun.SCENARIOS, "mvn -q -Psimulate -Datlas.sim=twins") {
        @Override
        Scenario scenario(long number) {
            return ViewsRun.twins(number);
        }

        @Override
        List<String> expected() {
            return List.of("views", "messages lost");
        }
    },
    /** Liars who forge view changes, and partitions by view. */
    FORGERS(1_000, Long.MAX_VALUE / 2, "mvn -q -Psimulate -Datlas.sim=forgers") {
        @Override
        Scenario scenario(long number) {
            return ViewsRun.forgers(number);
        }

        @Override
        List<String> expected() {
            return List.of(
                    "views",
                    "messages lost",
                    "lies",
                    "slots fixed by A",
                    "slots fixed by B",
                    "NEW-VIEWs not permitted");
        }
    },
    /** Lost messages only. */
    LOSSES(1_000, Long.MAX_VALUE / 2, "mvn -q -Psimulate -Datlas.sim=losses") {
        @Override
        Scenario scenario(long number) {
            return new LossesRun(number);
        }

        @Override
        List<String> expected() {
            return List.of("views", "messages lost", "n = 4", "n = 5", "n = 6", "n = 7");
        }
    },
    /** Sources of states that lie. */
    SOURCES(1_000, Long.MAX_VALUE / 2, "mvn -q -Psimulate -Datlas.sim=sources") {
        @Override
        Scenario scenario(long number) {
            return new SourcesRun(number);
        }

        @Override
        List<String> expected() {
            return List.of("lies", "state transfer messages", "n = 4", "n = 5", "n = 7");
        }
    },
    /** The power of all replicas, lost again and again. */
    POWER(1_000, Long.MAX_VALUE / 2, "mvn -q -Psimulate -Datlas.sim=power") {
        @Override
        Scenario scenario(long number) {
            return new PowerRun(number);
        }

        @Override
        List<String> expected() {
            return List.of("views", "state transfer messages", "n = 4", "n = 5", "n = 7");
        }
    };

    private final long usual;
    private final long last;
    private final String command;

    Family(long usual, long last, String command) {
        this.usual = usual;
        this.last = last;
        this.command = command;
    }

    /** A new one, that has not run. */
    abstract Scenario scenario(long number);

    /** What many runs must have brought about. */
    abstract List<String> expected();

    /** What one number stands for. */
    interface Scenario {

        /** What was drawn. */
        String describe();

        SwarmResult run(Optional<Consumer<String>> told);
    }

    private record Seed(long seed) implements Scenario {

        @Override
        public String describe() {
            return SwarmRun.options(seed).toString();
        }

        @Override
        public SwarmResult run(Optional<Consumer<String>> told) {
            return told.isPresent() ? SwarmRun.run(seed, told.get()) : SwarmRun.run(seed);
        }
    }

    /** By which seeds can be chosen. */
    List<String> traits() {
        return List.of();
    }

    /** Those of one seed. */
    List<String> traits(long seed) {
        return List.of();
    }

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

    final SwarmResult run(long number, Optional<Consumer<String>> told) {
        return scenario(number).run(told);
    }

    final String describe(long number) {
        return scenario(number).describe();
    }

    /** How many are run if nobody says. */
    long usual() {
        return usual;
    }

    long last() {
        return last;
    }

    /** Runs one again, with its number. */
    String command() {
        return command;
    }

    /** What should have happened in many runs and did not. */
    final List<String> absent(Coverage coverage) {
        return coverage.absent(expected());
    }
}
