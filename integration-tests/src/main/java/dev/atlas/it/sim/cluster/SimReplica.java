package dev.atlas.it.sim.cluster;

import dev.atlas.it.sim.scheduler.SimProcess;
import dev.atlas.replica.orchestrator.MonolithicReplica;

/**
 * One life of a replica.
 *
 * @param correct false if its messages are tampered with
 */
record SimReplica(
        int number,
        SimProcess process,
        SimProcess.Outcome<MonolithicReplica> booted,
        WatchedStore store,
        boolean correct) {

    boolean isUp() {
        return process.isAlive() && booted.isDone();
    }

    MonolithicReplica replica() {
        return booted.value();
    }
}
