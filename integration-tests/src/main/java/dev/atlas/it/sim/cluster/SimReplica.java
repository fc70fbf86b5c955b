package dev.atlas.it.sim.cluster;

import dev.atlas.it.sim.scheduler.SimProcess;
import dev.atlas.replica.orchestrator.MonolithicReplica;
import java.util.List;

/**
 * One life of a replica.
 *
 * @param correct false if its messages are tampered with
 */
record SimReplica(int number, SimProcess process, SimProcess.Outcome<List<MonolithicReplica>> booted, boolean correct) {

    /** Whether it runs: it has started, and its disk was not refused. */
    boolean isUp() {
        return process.isAlive() && booted.isDone() && !booted.value().isEmpty();
    }

    MonolithicReplica replica() {
        return booted.value().getFirst();
    }

    /** One, or two that are twins. */
    List<MonolithicReplica> all() {
        return booted.value();
    }
}
