package dev.atlas.it.sim.planted;

import java.util.List;

/**
 * Rules of durability and recovery, broken one each; hunted among seeds whose replicas have disks. Rules that take rarer accidents than a few dozen seeds have are
 * held by tests of their own: {@code DurableLogTest}, {@code RecoveryRulesTest}, {@code LevelDbDiskTest}.
 */
final class PlantedDiskBugs {

    private static final String PBFT = "core/src/main/java/dev/atlas/core/ordering/pbft/";
    private static final String STORAGE = "replica/src/main/java/dev/atlas/replica/storage/";
    private static final String EXECUTOR = "exec/src/main/java/dev/atlas/exec/executor/";

    private PlantedDiskBugs() {}

    static List<PlantedBug> all() {
        return List.of(
                new PlantedBug(
                        "nothing is synced",
                        STORAGE + "DurableLog.java",
                        "        boolean synced = mode == DurabilityMode.STRICT;",
                        "        boolean synced = mode == DurabilityMode.NONE;"),
                new PlantedBug(
                        "a restarted replica does not remember what it pre-prepared",
                        STORAGE + "Reading.java",
                        "                records.add(new LogRecord.PrePrepared(view, sequence, hold(sequence, digest, true, false)));",
                        "                hold(sequence, digest, true, false);"),
                new PlantedBug(
                        "a restarted replica returns to the view that it has left",
                        PBFT + "ViewChanger.java",
                        "        own.filter(asked -> asked.content().newView() > state.view).ifPresent(asked -> {",
                        "        own.filter(asked -> asked.content().newView() < 0).ifPresent(asked -> {"),
                new PlantedBug(
                        "a stable checkpoint is not durable",
                        PBFT + "Checkpointer.java",
                        "        state.persist(new LogRecord.Stable(proof));\n",
                        ""),
                new PlantedBug(
                        "a state counts before all of it is there",
                        STORAGE + "StateKeeper.java",
                        "        return done < parts.size();",
                        "        return done < parts.size() - 1;"),
                new PlantedBug(
                        "sessions are left out of the checkpoint",
                        EXECUTOR + "ReplicatedState.java",
                        "            snapshot.writeTo(data);",
                        "            new SessionTable(limits).writeTo(data);"),
                new PlantedBug(
                        "a restarted primary proposes for a slot again",
                        PBFT + "Recovery.java",
                        "                state.nextSequence = Math.max(state.nextSequence, slot.sequence + 1);",
                        "                state.nextSequence = Math.max(state.nextSequence, 1);"),
                new PlantedBug(
                        "P and Q of open slots are thrown away",
                        STORAGE + "Contents.java",
                        "        slots.subMap(previous, false, sequence, true).forEach((slot, records) -> {",
                        "        slots.subMap(previous, false, sequence + 8, true).forEach((slot, records) -> {"),
                new PlantedBug(
                        "a vote leaves before it is durable",
                        STORAGE + "DurableLog.java",
                        "        boolean strict = mode == DurabilityMode.STRICT;",
                        "        boolean strict = mode == DurabilityMode.NONE;"),
                new PlantedBug(
                        "the genesis marker is not consumed",
                        STORAGE + "DurableLog.java",
                        "        Identity running = found.with(status(config.durability(), votes));",
                        "        Identity running = found;"),
                new PlantedBug(
                        "a wiped directory passes for a new cluster's",
                        STORAGE + "DurableLog.java",
                        "Genesis.find(store, Identity.of(config, Identity.Status.LEARNER))",
                        "Genesis.find(store, Identity.of(config, Identity.Status.CREATED))"),
                new PlantedBug(
                                "a checkpoint is vouched for before the log up to it is durable",
                                STORAGE + "DurableLog.java",
                                "        add(new Job.Checkpoint(state, durable));",
                                "        add(new Job.Checkpoint(state, () -> {}));\n        durable.run();")
                        .heldBy("DurableLogTest.noCheckpointIsVouchedForBeforeTheInstalledStateItRestsOnIsStored"),
                new PlantedBug(
                        "decisions after the stored state are thrown away",
                        STORAGE + "RecordWriter.java",
                        "        contents.forgetDecisions(Math.min(stored, stable - retained), changes);",
                        "        contents.forgetDecisions(stable, changes);"));
    }
}
