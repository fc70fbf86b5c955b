package dev.atlas.it.storage;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.atlas.exec.state.KeyValueReply;
import dev.atlas.exec.state.KeyValueRequest;
import dev.atlas.exec.state.KeyValueState;
import dev.atlas.exec.state.KeyValueStore;
import dev.atlas.it.cluster.LocalCluster;
import dev.atlas.replica.config.DurabilityMode;
import dev.atlas.replica.storage.Inspect;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.fusesource.leveldbjni.JniDBFactory;
import org.iq80.leveldb.DB;
import org.iq80.leveldb.DBIterator;
import org.iq80.leveldb.Options;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an operator sees of a replica's directory. */
class InspectTest {

    @TempDir
    Path directory;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int inspect(Path where) {
        out.reset();
        err.reset();
        return Inspect.run(
                where,
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
    }

    private LocalCluster<KeyValueState, KeyValueRequest, KeyValueReply> start() {
        return LocalCluster.start(
                LocalCluster.Options.of(4)
                        .over(LocalCluster.Security.IN_MEMORY)
                        .durability(DurabilityMode.STRICT, directory)
                        .ordering(ordering -> ordering.withCheckpointPeriod(8)),
                new KeyValueStore());
    }

    /** Of a replica that has been through a checkpoint and a view change, and was stopped. */
    private Path stoppedReplica() throws Exception {
        try (var cluster = start();
                var client = cluster.client()) {
            for (int number = 0; number < 30; number++) {
                if (number == 10) {
                    cluster.kill(0);
                }
                client.execute(new KeyValueRequest.Put(
                        ByteString.copyFromUtf8("k" + number), ByteString.copyFromUtf8("v" + number)));
            }
            cluster.awaitEqualStates(java.time.Duration.ofSeconds(30));
            return cluster.directory(2);
        }
    }

    @Test
    void aStoppedReplicasDirectoryShowsWhoseItIsItsViewCheckpointDecisionsAndSizesAndIsVerified() throws Exception {
        Path stopped = stoppedReplica();
        Map<String, String> before = records(stopped);
        assertThat(inspect(stopped)).as(err.toString(StandardCharsets.UTF_8)).isZero();
        assertThat(out.toString(StandardCharsets.UTF_8))
                .containsPattern("replica +replica-2 of cluster \"local\"")
                .containsPattern("status +voter")
                .containsPattern("view +1, by the NEW-VIEW of replica-1 with the VIEW-CHANGEs of \\[[0-3, ]+]")
                .containsPattern("own VIEW-CHANGE +for view 1")
                .containsPattern("stable checkpoint +(24|32), signed by \\[[0-3, ]+]")
                .containsPattern("stored state +at \\d+, digest [0-9a-f]{16}")
                .containsPattern("decisions +\\d+, from \\d+ to 3\\d")
                .containsPattern("would start +as a voter, .* up to 3\\d")
                .containsPattern("batch +\\d+ records, [\\d.]+ k?B")
                .containsPattern("verified +every record");
        assertThat(records(stopped)).isEqualTo(before);
    }

    @Test
    void aDirectoryInUseIsRefused() throws Exception {
        try (var cluster = start()) {
            assertThat(inspect(cluster.directory(1))).isEqualTo(2);
            assertThat(err.toString(StandardCharsets.UTF_8)).contains("in use");
            assertThat(out.toString(StandardCharsets.UTF_8)).isEmpty();
        }
    }

    @Test
    void everyDamagedRecordIsNamed() throws Exception {
        Path stopped = stoppedReplica();
        damage(stopped, 'd', 'p');
        assertThat(inspect(stopped)).isEqualTo(1);
        assertThat(out.toString(StandardCharsets.UTF_8))
                .containsPattern("DAMAGED +a stored record of kind 'd' at \\d+ does not match its checksum")
                .containsPattern("DAMAGED +a stored record of kind 'p' at \\d+ does not match its checksum")
                .doesNotContain("verified");
    }

    @Test
    void aBatchThatIsMissingIsNamed() throws Exception {
        Path stopped = stoppedReplica();
        try (DB database = JniDBFactory.factory.open(stopped.toFile(), new Options().createIfMissing(false))) {
            database.delete(last(database, 'b'));
        }
        assertThat(inspect(stopped)).isEqualTo(1);
        assertThat(out.toString(StandardCharsets.UTF_8)).containsPattern("DAMAGED .* at 3\\d .*not there");
    }

    @Test
    void whereThereIsNoReplicaNothingIsCreated() throws Exception {
        Path nowhere = directory.resolve("nowhere");
        assertThat(inspect(nowhere)).isEqualTo(2);
        assertThat(nowhere).doesNotExist();
        Path empty = Files.createDirectory(directory.resolve("empty"));
        assertThat(inspect(empty)).isEqualTo(2);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("no directory of a replica");
        assertThat(empty.toFile().list()).isEmpty();
    }

    private static void damage(Path where, char... kinds) throws Exception {
        File file = where.toFile();
        try (DB database = JniDBFactory.factory.open(file, new Options().createIfMissing(false))) {
            for (char kind : kinds) {
                byte[] key = last(database, kind);
                byte[] record = database.get(key);
                record[record.length - 1] ^= 1;
                database.put(key, record);
            }
        }
    }

    private static byte[] last(DB database, char kind) throws Exception {
        byte[] found = {};
        try (DBIterator iterator = database.iterator()) {
            iterator.seek(new byte[] {(byte) kind});
            while (iterator.hasNext() && iterator.peekNext().getKey()[0] == kind) {
                found = iterator.next().getKey();
            }
        }
        assertThat(found).as("a record of kind " + kind).isNotEmpty();
        return found;
    }

    private static Map<String, String> records(Path where) throws Exception {
        Map<String, String> records = new TreeMap<>();
        try (DB database = JniDBFactory.factory.open(where.toFile(), new Options().createIfMissing(false));
                DBIterator iterator = database.iterator()) {
            for (iterator.seekToFirst(); iterator.hasNext(); ) {
                var entry = iterator.next();
                records.put(
                        new String(entry.getKey(), StandardCharsets.ISO_8859_1),
                        new String(entry.getValue(), StandardCharsets.ISO_8859_1));
            }
        }
        return records;
    }
}
