package dev.atlas.net.config;

import java.time.Duration;

/**
 * What a configuration's values must keep; an {@link IllegalArgumentException} names the setting and the value. A class of its own: were these in a configuration,
 * the parts of its default would need it initialised before they exist.
 */
public final class Checks {

    private Checks() {}

    public static void positive(String name, Duration value) {
        if (value.isNegative() || value.isZero()) {
            throw new IllegalArgumentException(name + " must be above zero, not " + value);
        }
    }

    public static void atLeastOne(String name, long value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " must be 1 or more, not " + value);
        }
    }

    public static void between(String name, int value, int max) {
        if (value < 1 || value > max) {
            throw new IllegalArgumentException(name + " must be 1 to " + max + ", not " + value);
        }
    }
}
