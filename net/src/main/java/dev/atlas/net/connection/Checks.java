package dev.atlas.net.connection;

import java.time.Duration;

/**
 * What a configuration's values must keep. A class of its own: were these in {@link NetworkConfig}, the parts of its default would need
 * it initialised before they exist.
 */
final class Checks {

    private Checks() {}

    static void positive(String name, Duration value) {
        if (value.isNegative() || value.isZero()) {
            throw new IllegalArgumentException(name + " is positive, not " + value);
        }
    }

    static void atLeastOne(String name, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " is at least 1, not " + value);
        }
    }

    static void between(String name, int value, int max) {
        if (value < 1 || value > max) {
            throw new IllegalArgumentException(name + " is 1 to " + max + ", not " + value);
        }
    }
}
