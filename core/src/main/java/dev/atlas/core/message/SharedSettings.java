package dev.atlas.core.message;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Settings that must be equal on all replicas. Where they are not, checkpoints or states differ after a while, and nothing in them says why; so each replica
 * tells the others what it runs with, for people to hear of it. Nothing is decided by it.
 *
 * @param values of all settings
 */
public record SharedSettings(Map<Setting, Long> values) {

    /** Their order is that on the wire. */
    public enum Setting {
        CHECKPOINT_PERIOD("PbftConfig.checkpointPeriod"),
        MAX_BUNDLES_PER_BATCH("PbftConfig.maxBundlesPerBatch"),
        CLIENTS("SessionLimits.clients"),
        SESSIONS_PER_CLIENT("SessionLimits.sessionsPerClient"),
        WINDOW("SessionLimits.window"),
        LARGEST_RESULT("ResultLimits.largest"),
        RESULTS_PER_CLIENT("ResultLimits.perClient"),
        SHARED_RESULTS("ResultLimits.shared"),
        OWN_RESULTS("ResultLimits.own"),
        DIVISIBLE("whether the executor is a divisible one (1) or a monolithic one (0)");

        private final String text;

        Setting(String text) {
            this.text = text;
        }
    }

    public SharedSettings {
        if (values.size() != Setting.values().length) {
            throw new IllegalArgumentException("there are " + Setting.values().length + " settings");
        }
        values = Collections.unmodifiableMap(new EnumMap<>(values));
    }

    /** Values in the order of the settings. */
    public static SharedSettings of(List<Long> inOrder) {
        if (inOrder.size() != Setting.values().length) {
            throw new IllegalArgumentException("there are " + Setting.values().length + " settings");
        }
        Map<Setting, Long> values = new EnumMap<>(Setting.class);
        Iterator<Long> next = inOrder.iterator();
        for (Setting setting : Setting.values()) {
            values.put(setting, next.next());
        }
        return new SharedSettings(values);
    }

    /** Values in the order of the settings. */
    public List<Long> inOrder() {
        return List.copyOf(values.values());
    }

    /** What is different elsewhere, for people; empty if nothing is. */
    public String differences(SharedSettings elsewhere) {
        return Stream.of(Setting.values())
                .filter(setting -> !value(setting).equals(elsewhere.value(setting)))
                .map(setting -> setting.text + ": " + elsewhere.value(setting) + " instead of " + value(setting))
                .collect(Collectors.joining(", "));
    }

    private Long value(Setting setting) {
        return values.getOrDefault(setting, 0L);
    }
}
