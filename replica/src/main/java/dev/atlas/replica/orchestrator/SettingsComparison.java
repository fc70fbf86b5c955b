package dev.atlas.replica.orchestrator;

import dev.atlas.core.message.OrderingMessage;
import dev.atlas.core.message.SharedSettings;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.replica.metrics.SettingsDifferEvent;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells people which replicas run with other settings than this one. A liar can make a few lines in the log, and nothing else. Thread-safe; what
 * peers say is kept for members only.
 */
final class SettingsComparison {

    private static final Logger LOG = LoggerFactory.getLogger(SettingsComparison.class);

    /** For each member: who corrects one setting may get another wrong. */
    private static final int MOST_LINES = 8;

    private final ReplicaId self;
    private final SharedSettings own;
    private final Map<ReplicaId, String> differences = new ConcurrentHashMap<>();
    private final Map<ReplicaId, Integer> lines = new ConcurrentHashMap<>();

    SettingsComparison(ReplicaId self, SharedSettings own) {
        this.self = self;
        this.own = own;
    }

    /** What is said to each member that connects. */
    OrderingMessage announcement() {
        return new OrderingMessage.Settings(own);
    }

    void heard(ReplicaId member, SharedSettings theirs) {
        String difference = own.differences(theirs);
        if (difference.isEmpty()) {
            differences.remove(member);
            return;
        }
        String before = differences.put(member, difference);
        if (!difference.equals(before) && lines.merge(member, 1, Integer::sum) <= MOST_LINES) {
            LOG.warn(
                    "{} says that it runs with other settings than {}, and they must be equal on all replicas: {}; correct one of them and start it again",
                    member,
                    self,
                    difference);
            SettingsDifferEvent event = new SettingsDifferEvent();
            event.peer = member.toString();
            event.differences = difference;
            event.commit();
        }
    }

    /** By member, as it said last. */
    Map<ReplicaId, String> differences() {
        return Map.copyOf(differences);
    }
}
