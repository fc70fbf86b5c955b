package dev.atlas.it.sim.planted;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Which seed has killed which planted bug, by which rule: {@code kills.txt}, a line for each kill, its columns parted by {@code |}.
 *
 * <p>What a seed draws changes with every new option, so a line is where to look first and no promise.
 */
record KillTable(List<Kill> kills) {

    private static final int LONGEST_RULE = 110;

    record Kill(String bug, String family, long seed, String rule) {
        @Override
        public String toString() {
            return bug + " | " + family + " " + seed + " | " + rule;
        }
    }

    static KillTable recorded() {
        InputStream file = KillTable.class.getResourceAsStream("kills.txt");
        if (file == null) {
            throw new IllegalStateException("kills.txt is missing");
        }
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(file, StandardCharsets.UTF_8))) {
            return new KillTable(lines.lines()
                    .filter(line -> !line.isBlank())
                    .map(KillTable::parse)
                    .toList());
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private static Kill parse(String line) {
        String[] columns = line.split(" \\| ", 3);
        String[] run = columns[1].split(" ", 2);
        return new Kill(columns[0], run[0], Long.parseLong(run[1]), columns[2]);
    }

    List<Long> seeds(String bug) {
        return kills.stream()
                .filter(kill -> kill.bug().equals(bug))
                .map(Kill::seed)
                .toList();
    }

    /** The first line, without what differs from run to run. */
    static String shorten(String rule) {
        String line = rule.lines().findFirst().orElse("").replaceFirst("^[\\w.]+SimulationFailure: ", "");
        return line.substring(0, Math.min(LONGEST_RULE, line.length()));
    }
}
