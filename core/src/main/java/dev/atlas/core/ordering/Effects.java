package dev.atlas.core.ordering;

import java.util.List;

/**
 * What to do, in order.
 *
 * <p>For each group: first make {@code persist} durable, then perform {@code actions}. A later group's actions never overtake an
 * earlier group's. What a message asserts is thereby durable before it leaves and before it is counted here.
 */
public record Effects(List<Group> groups) {

    public static final Effects NONE = new Effects(List.of());

    public Effects {
        groups = List.copyOf(groups);
    }

    /** May have nothing to persist. */
    public record Group(List<LogRecord> persist, List<Action> actions) {
        public Group {
            persist = List.copyOf(persist);
            actions = List.copyOf(actions);
        }
    }
}
