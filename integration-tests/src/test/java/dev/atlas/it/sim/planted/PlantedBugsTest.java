package dev.atlas.it.sim.planted;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.it.sim.swarm.SwarmRun;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each planted bug is found. Prints the kill table: how many seeds each took.
 *
 * <p>{@code -Datlas.planted.seeds=10000} gives each bug as many; {@code -Datlas.planted.only=text} tries those whose name or file contains the text. Without
 * either, of the bugs of disks only those are tried that a few seeds find.
 */
@Tag("simulation")
class PlantedBugsTest {

    private static final long SEEDS = Long.getLong("atlas.planted.seeds", 400);
    private static final String ONLY = System.getProperty("atlas.planted.only", "");
    private static final List<String> TABLE = new ArrayList<>();

    @TempDir
    private static Path workspace;

    static Stream<PlantedBug> bugs() {
        boolean all = Long.getLong("atlas.planted.seeds") != null || !ONLY.isEmpty();
        List<PlantedBug> ofDisks = all ? PlantedDiskBugs.all() : PlantedDiskBugs.quick();
        return Stream.concat(PlantedBugs.all().stream(), ofDisks.stream())
                .filter(bug -> (bug.name() + " in " + bug.source()).contains(ONLY));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("bugs")
    void isFound(PlantedBug bug) throws Exception {
        try (BrokenVariant variant = BrokenVariant.of(bug, workspace)) {
            Optional<Kill> kill = hunt(variant, PlantedDiskBugs.all().contains(bug));
            TABLE.add(String.format(
                    "%-60s %s", bug.name(), kill.map(Kill::toString).orElse("survives " + SEEDS + " seeds")));
            assertThat(kill).as("%s within %d seeds", bug.name(), SEEDS).isPresent();
        }
    }

    private record Kill(long seed, String rule) {
        @Override
        public String toString() {
            String line = rule.lines().findFirst().orElse("");
            return "seed " + seed + ": " + line.substring(0, Math.min(110, line.length()));
        }
    }

    /** The first seed that breaks a rule, found on all cores. */
    private static Optional<Kill> hunt(BrokenVariant variant, boolean onDisks) throws InterruptedException {
        AtomicLong next = new AtomicLong(1);
        AtomicReference<Optional<Kill>> first = new AtomicReference<>(Optional.empty());
        List<Thread> hunters = new ArrayList<>();
        for (int hunter = 0; hunter < Runtime.getRuntime().availableProcessors(); hunter++) {
            hunters.add(Thread.ofPlatform().start(() -> {
                for (long seed = next.getAndIncrement(); seed <= SEEDS; seed = next.getAndIncrement()) {
                    if (first.get().isPresent()) {
                        return;
                    }
                    if (onDisks && !SwarmRun.options(seed).hasDisks()) {
                        continue;
                    }
                    try {
                        Optional<String> rule = variant.failure(seed);
                        // A seed on which the library itself fails would prove nothing about the variant.
                        if (rule.isPresent() && SwarmRun.failure(seed) == null) {
                            keepLower(first, new Kill(seed, rule.get()));
                        }
                    } catch (ReflectiveOperationException impossible) {
                        throw new IllegalStateException(impossible);
                    }
                }
            }));
        }
        for (Thread hunter : hunters) {
            hunter.join();
        }
        return first.get();
    }

    private static void keepLower(AtomicReference<Optional<Kill>> first, Kill found) {
        first.accumulateAndGet(
                Optional.of(found),
                (known, other) ->
                        known.filter(kill -> kill.seed() < found.seed()).isPresent() ? known : other);
    }

    @AfterAll
    static void printTable() {
        TABLE.forEach(System.out::println);
    }
}
