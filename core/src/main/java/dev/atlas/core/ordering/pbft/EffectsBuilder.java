package dev.atlas.core.ordering.pbft;

import dev.atlas.core.ordering.Action;
import dev.atlas.core.ordering.Effects;
import dev.atlas.core.ordering.LogRecord;
import java.util.ArrayList;
import java.util.List;

/**
 * Collects the effects of one step; a record to persist begins a group, so that everything said after it waits for it. Behind a batch another group begins, since
 * its bodies are written with it: a NEW-VIEW may fix a window of them.
 */
final class EffectsBuilder {

    private final List<Effects.Group> groups = new ArrayList<>();
    private final List<LogRecord> records = new ArrayList<>();
    private final List<Action> actions = new ArrayList<>();

    void persist(LogRecord record) {
        if (!actions.isEmpty() || (!records.isEmpty() && records.getLast() instanceof LogRecord.PrePrepared)) {
            close();
        }
        records.add(record);
    }

    void act(Action action) {
        actions.add(action);
    }

    Effects build() {
        close();
        Effects effects = groups.isEmpty() ? Effects.NONE : new Effects(groups);
        groups.clear();
        return effects;
    }

    private void close() {
        if (!records.isEmpty() || !actions.isEmpty()) {
            groups.add(new Effects.Group(records, actions)); // which copies them
            records.clear();
            actions.clear();
        }
    }
}
