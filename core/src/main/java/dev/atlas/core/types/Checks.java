package dev.atlas.core.types;

import java.time.Duration;

/** What the values of a configuration must keep; the message names the setting and the value. */
public final class Checks {

    private Checks() {}

    public static void atLeastOne(String name, long value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " must be 1 or more, not " + value);
        }
    }

    public static void positive(String name, Duration value) {
        if (value.isNegative() || value.isZero()) {
            throw new IllegalArgumentException(name + " must be above zero, not " + value);
        }
    }
}
