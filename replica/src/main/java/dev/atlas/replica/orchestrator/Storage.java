package dev.atlas.replica.orchestrator;

import dev.atlas.core.ordering.pbft.Start;
import dev.atlas.core.storage.History;
import dev.atlas.core.storage.PersistentLog;
import dev.atlas.net.env.Environment;
import dev.atlas.replica.config.DurabilityMode;
import dev.atlas.replica.config.ReplicaConfig;
import dev.atlas.replica.config.StartMode;
import dev.atlas.replica.storage.Disk;
import dev.atlas.replica.storage.DurableLog;
import dev.atlas.replica.storage.InMemoryLog;
import dev.atlas.replica.storage.Remembered;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** What a replica writes to and what it remembers, whatever its durability. */
record Storage(
        PersistentLog log,
        History history,
        Start start,
        List<Remembered.Held> batches,
        CompletableFuture<Throwable> failure) {

    Storage {
        batches = List.copyOf(batches);
    }

    /**
     * @throws ReplicaFailure that says what to do
     */
    static Storage open(Environment environment, ReplicaConfig config, Optional<? extends Disk> disk) {
        CompletableFuture<Throwable> failure = new CompletableFuture<>();
        if (config.durability() == DurabilityMode.NONE) {
            InMemoryLog log = new InMemoryLog();
            Start start = config.start() == StartMode.GENESIS ? Start.GENESIS : Start.LEARNER;
            return new Storage(log, log, start, List.of(), failure);
        }
        Disk where = disk.orElseThrow(() -> new ReplicaFailure(
                "durability " + config.durability() + " needs a directory, and none is given", null));
        try {
            DurableLog log = DurableLog.open(environment, config, where, failure::complete);
            Remembered remembered = log.takeRemembered();
            return new Storage(log, log, remembered.start(), remembered.batches(), failure);
        } catch (IOException unusable) {
            String directory = config.directory().map(path -> " in " + path).orElse("");
            throw new ReplicaFailure(
                    config.self() + " cannot use its storage" + directory + ": " + unusable.getMessage(), unusable);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new ReplicaFailure("interrupted while the storage was opened", interrupted);
        }
    }

    /** For whoever has what was remembered: the same without the bodies. */
    Storage withoutBatches() {
        return new Storage(log, history, start, List.of(), failure);
    }

    /** Hears why nothing can be written any more, also if that has happened already. */
    void onFailure(Consumer<Throwable> listener) {
        CompletableFuture<Void> unused = failure.thenAccept(listener);
    }
}
