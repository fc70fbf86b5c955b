package dev.atlas.it.kill;

import dev.atlas.replica.config.DurabilityMode;
import java.util.List;
import java.util.Properties;

/**
 * What the rounds are told by {@code -Datlas.kill.*}.
 *
 * @param rounds in which one replica or some are killed and started again
 * @param all rounds in which all are killed at once, spread over the others
 * @param callers that send requests all the time
 * @param checkpointPeriod K: short, so that restarts find checkpoints of every age
 * @param seed of the choice of victims, times and requests
 */
public record KillSettings(int rounds, int all, int callers, int checkpointPeriod, long seed) {

    /** What is killed remembers all it said, whatever happened to how many: the one mode for which rounds may overlap. */
    static final DurabilityMode DURABILITY = DurabilityMode.STRICT;

    private static final String PREFIX = "atlas.kill.";
    private static final List<String> KNOWN = List.of("rounds", "all", "callers", "period", "seed");

    public KillSettings {
        if (rounds < 0 || all < 0 || rounds + all < 1) {
            throw new IllegalArgumentException(
                    "atlas.kill.rounds and atlas.kill.all: 0 or more, and one round at least");
        }
        if (callers < 1 || callers > 256) {
            throw new IllegalArgumentException("atlas.kill.callers: 1 to 256");
        }
        if (checkpointPeriod < 2) {
            throw new IllegalArgumentException("atlas.kill.period: slots between checkpoints, 2 or more");
        }
    }

    static KillSettings from(Properties properties) {
        for (String name : properties.stringPropertyNames()) {
            if (name.startsWith(PREFIX) && !KNOWN.contains(name.substring(PREFIX.length()))) {
                throw new IllegalArgumentException(name + ": no such option; there are " + KNOWN);
            }
        }
        int rounds = (int) number(properties, "rounds", 20);
        return new KillSettings(
                rounds,
                (int) number(properties, "all", Math.max(1, rounds / 10)),
                (int) number(properties, "callers", 8),
                (int) number(properties, "period", 64),
                number(properties, "seed", 1));
    }

    private static long number(Properties properties, String name, long byDefault) {
        String text = properties.getProperty(PREFIX + name, Long.toString(byDefault));
        try {
            return Long.parseLong(text.trim());
        } catch (NumberFormatException noNumber) {
            throw new IllegalArgumentException(PREFIX + name + ": a number, not " + text, noNumber);
        }
    }
}
