package dev.atlas.it.sim.planted;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.it.sim.swarm.Judged;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Each planted bug is found, and by a rule that the real library keeps on the same seed.
 *
 * <p>The seeds of the {@linkplain KillTable kill table} are tried first, so that this takes seconds; a bug that they kill no more is hunted from the first seed on,
 * and one that no seed is known to kill, or one in thousands, names the unit test that does. {@code -Datlas.planted.hunt=true} hunts all bugs and forgets the table, {@code -Datlas.planted.seeds=10000} gives each bug as many seeds, {@code
 * -Datlas.planted.only=A1|A2} tries those whose name contains it, a regular expression, {@code -Datlas.planted.table=file} writes the table found, {@code
 * -Datlas.workers=2} bounds the threads.
 */
@Tag("simulation")
class PlantedBugsTest {

    private static final long SEEDS = Long.getLong("atlas.planted.seeds", 100);
    private static final String ONLY = System.getProperty("atlas.planted.only", "");
    private static final boolean HUNT = Boolean.getBoolean("atlas.planted.hunt");
    private static final int WORKERS =
            Integer.getInteger("atlas.workers", Runtime.getRuntime().availableProcessors());

    private final KillTable known = KillTable.recorded();
    private final ConcurrentHashMap<String, Boolean> sound = new ConcurrentHashMap<>();
    private final ConcurrentLinkedQueue<KillTable.Kill> kills = new ConcurrentLinkedQueue<>();

    @Test
    void eachIsFound(@TempDir Path workspace) throws Exception {
        List<PlantedBug> bugs = Stream.concat(PlantedBugs.all().stream(), PlantedDiskBugs.all().stream())
                .filter(bug -> bug.name().matches(".*(" + ONLY + ").*"))
                .filter(bug -> HUNT || bug.rule().isEmpty())
                .toList();
        List<String> survivors = new ArrayList<>();
        try (var workers = Executors.newFixedThreadPool(WORKERS)) {
            List<Future<Optional<KillTable.Kill>>> hunts = new ArrayList<>();
            for (PlantedBug bug : bugs) {
                hunts.add(workers.submit(() -> hunt(bug, workspace)));
            }
            for (int index = 0; index < bugs.size(); index++) {
                if (hunts.get(index).get().isEmpty()) {
                    survivors.add(bugs.get(index).name());
                }
            }
        }
        write(bugs);
        assertThat(survivors).as("bugs that survive %d seeds", SEEDS).isEmpty();
    }

    private Optional<KillTable.Kill> hunt(PlantedBug bug, Path workspace) throws Exception {
        try (BrokenVariant variant = BrokenVariant.of(bug, workspace)) {
            Optional<KillTable.Kill> kill = HUNT ? Optional.empty() : kill(bug, variant, known.seeds(bug.name()));
            if (kill.isEmpty()) {
                kill = kill(bug, variant, firstSeeds());
            }
            kill.ifPresent(kills::add);
            System.out.println(kill.map(KillTable.Kill::toString).orElse(bug + " survives " + SEEDS + " seeds"));
            return kill;
        }
    }

    private static List<Long> firstSeeds() {
        List<Long> seeds = new ArrayList<>();
        for (long seed = 1; seed <= SEEDS; seed++) {
            seeds.add(seed);
        }
        return seeds;
    }

    private Optional<KillTable.Kill> kill(PlantedBug bug, BrokenVariant variant, List<Long> seeds) throws Exception {
        for (long seed : seeds) {
            Optional<String> rule = variant.failure(seed);
            // A seed on which the library itself fails would prove nothing about the variant.
            if (rule.isPresent() && isSound(bug.family(), seed)) {
                return Optional.of(new KillTable.Kill(bug.name(), bug.family(), seed, KillTable.shorten(rule.get())));
            }
        }
        return Optional.empty();
    }

    /** Not inside of {@code computeIfAbsent}: that holds a monitor, and a simulation must not be run under one. */
    private boolean isSound(String family, long seed) {
        Boolean known = sound.get(family + seed);
        if (known == null) {
            known = Judged.failure(family, seed) == null;
            sound.put(family + seed, known);
        }
        return known;
    }

    private void write(List<PlantedBug> bugs) throws Exception {
        String file = System.getProperty("atlas.planted.table", "");
        if (!file.isEmpty()) {
            List<String> names = bugs.stream().map(PlantedBug::name).toList();
            Files.write(
                    Path.of(file),
                    kills.stream()
                            .sorted(Comparator.comparing(kill -> names.indexOf(kill.bug())))
                            .map(KillTable.Kill::toString)
                            .toList());
        }
    }
}
