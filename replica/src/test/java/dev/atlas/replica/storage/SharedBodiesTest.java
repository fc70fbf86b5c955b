package dev.atlas.replica.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.atlas.core.crypto.Chain;
import dev.atlas.core.execution.DecidedBatch;
import dev.atlas.core.message.Batch;
import dev.atlas.core.message.Batches;
import dev.atlas.core.message.Request;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.ordering.LogRecord;
import dev.atlas.core.ordering.pbft.PbftConfig;
import dev.atlas.core.types.SessionId;
import dev.atlas.core.wire.BundleCodec;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.crypto.Ed25519Scheme;
import dev.atlas.net.crypto.SignatureScheme.KeyPair;
import dev.atlas.replica.config.DurabilityMode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A body that several batches name is written once, and is there as long as one of them is. */
@Timeout(60)
class SharedBodiesTest {

    private static final int BODY_BYTES = 100_000;

    private final Fixture fixture = new Fixture();
    private final MemoryDisk disk = new MemoryDisk();
    private final KeyPair client = new Ed25519Scheme().generate(fixture.environment.random());
    private final List<RequestBundle> bodies =
            IntStream.range(0, 12).mapToObj(this::body).toList();

    @AfterEach
    void close() {
        fixture.close();
    }

    private RequestBundle body(int number) {
        byte[] payload = new byte[BODY_BYTES];
        payload[0] = (byte) number;
        Request request =
                new Request(Request.Kind.ORDERED, new SessionId(1, 0), 1 + number, ByteString.copyFrom(payload));
        return new BundleCodec(Fixture.CLUSTER).seal(client, List.of(request), List.of());
    }

    private List<RequestBundle> bodies(int... numbers) {
        return IntStream.of(numbers).mapToObj(bodies::get).toList();
    }

    private static Batch batch(long time, List<RequestBundle> bodies) {
        return Batches.of(time, bodies.stream().map(RequestBundle::digest).toList());
    }

    private static void vote(DurableLog log, long sequence, List<RequestBundle> bodies) throws InterruptedException {
        CountDownLatch durable = new CountDownLatch(1);
        log.append(
                List.of(new LogRecord.PrePrepared(0, sequence, batch(sequence, bodies))), bodies, durable::countDown);
        assertThat(durable.await(30, TimeUnit.SECONDS)).isTrue();
    }

    private void stable(DurableLog log, int sequence) throws InterruptedException {
        CountDownLatch durable = new CountDownLatch(1);
        log.append(List.of(fixture.stable(Fixture.state(sequence, "a"))), List.of(), durable::countDown);
        assertThat(durable.await(30, TimeUnit.SECONDS)).isTrue();
    }

    private DurableLog openVoter() throws Exception {
        Genesis.create(disk, fixture.config(DurabilityMode.STRICT));
        return fixture.open(disk);
    }

    private static Map<Digest, Remembered.Held> remembered(DurableLog log) {
        Map<Digest, Remembered.Held> held = new HashMap<>();
        log.takeRemembered().batches().forEach(each -> held.put(each.batch().digest(), each));
        return held;
    }

    private long storedBytes() {
        return disk.contents().entrySet().stream()
                .filter(record -> Key.kind(record.getKey()).equals(Optional.of(Key.BATCH)))
                .mapToLong(record -> record.getValue().length)
                .sum();
    }

    /** A faulty primary needs only a few bytes to name them again, in each proposal of a window. */
    @Test
    void whatManyProposalsNameIsWrittenOnceAndInMemoryOnceAfterARestart() throws Exception {
        DurableLog log = openVoter();
        List<RequestBundle> named = bodies(0, 1, 2, 3);
        for (int sequence = 1; sequence <= 100; sequence++) {
            vote(log, sequence, named);
        }
        log.close();
        assertThat(storedBytes()).isBetween(4L * BODY_BYTES, 5L * BODY_BYTES);

        DurableLog again = fixture.open(disk);
        Map<Digest, Remembered.Held> held = remembered(again);
        assertThat(held).hasSize(100);
        List<RequestBundle> first = held.get(batch(1, named).digest()).bundles();
        assertThat(held.values()).allSatisfy(each -> {
            assertThat(each.bundles()).isEqualTo(named);
            for (int index = 0; index < named.size(); index++) {
                assertThat(each.bundles().get(index)).isSameAs(first.get(index));
            }
        });
        vote(again, 101, named);
        again.close();
        assertThat(storedBytes()).as("after a restart too").isLessThan(5L * BODY_BYTES);
    }

    @Test
    void theRestOfABatchIsWrittenInItsOwnOrder() throws Exception {
        DurableLog log = openVoter();
        vote(log, 7, bodies(1, 3));
        vote(log, 5, bodies(0, 1, 2, 3, 4));
        vote(log, 6, bodies(4, 3, 2));
        log.close();
        DurableLog again = fixture.open(disk);
        Map<Digest, Remembered.Held> held = remembered(again);
        assertThat(held.get(batch(5, bodies(0, 1, 2, 3, 4)).digest()).bundles()).isEqualTo(bodies(0, 1, 2, 3, 4));
        assertThat(held.get(batch(6, bodies(4, 3, 2)).digest()).bundles()).isEqualTo(bodies(4, 3, 2));
        again.close();
    }

    @Test
    void aBatchThatIsGarbageStaysUntilNobodyRefersToIt() throws Exception {
        DurableLog log = openVoter();
        vote(log, 3, bodies(0, 1));
        vote(log, 9, bodies(1, 2));
        stable(log, 4);
        assertThat(disk.contents())
                .containsKey(Key.BATCH.at(3, batch(3, bodies(0, 1)).digest()));
        log.close();

        DurableLog again = fixture.open(disk);
        assertThat(remembered(again).get(batch(9, bodies(1, 2)).digest()).bundles())
                .isEqualTo(bodies(1, 2));
        vote(again, 10, bodies(0, 1));
        assertThat(storedBytes())
                .as("nothing new refers to what lies below the stable checkpoint")
                .isGreaterThan(5L * BODY_BYTES);
        long last = 10 + forgotten(again);
        for (int round = 0; round < 2; round++) { // first who refers, then what nobody refers to any more
            stable(again, (int) last + round);
        }
        again.close();
        assertThat(storedBytes()).isZero();
    }

    /** How far above a slot the stable checkpoint must be for it to be forgotten. */
    private long forgotten(DurableLog log) throws InterruptedException {
        PbftConfig ordering = fixture.config(DurabilityMode.STRICT).ordering();
        long distance = ordering.window() + ordering.logRetention();
        log.installed(Fixture.state((int) distance + 10, "a"));
        CountDownLatch stored = new CountDownLatch(1);
        log.checkpoint(Optional.empty(), stored::countDown);
        assertThat(stored.await(30, TimeUnit.SECONDS)).isTrue();
        return distance;
    }

    @Test
    void aBodyThatIsNotWhereItShouldBeIsDamage() throws Exception {
        DurableLog log = openVoter();
        vote(log, 1, bodies(0, 1));
        vote(log, 2, bodies(1, 2));
        log.close();
        Store store = disk.open();
        store.write(new Changes().delete(Key.BATCH.at(1, batch(1, bodies(0, 1)).digest())), true);
        store.close();
        assertThatThrownBy(() -> fixture.open(disk))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("is named and not there");
    }

    /** Random votes, decisions, checkpoints and restarts: whatever is remembered is whole, and the log serves it. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void whateverHappensWhatIsKeptIsWhole(long seed) throws Exception {
        Random random = new Random(seed);
        Map<Digest, List<RequestBundle>> made = new HashMap<>();
        DurableLog log = openVoter();
        log.takeRemembered();
        int stable = 0;
        int decided = 0;
        Digest chain = Digest.ZERO;
        for (int step = 0; step < 60; step++) {
            List<RequestBundle> named = new ArrayList<>(bodies);
            Collections.shuffle(named, random);
            named = List.copyOf(named.subList(0, random.nextInt(4)));
            long slot = stable + 1 + random.nextInt(12);
            switch (random.nextInt(8)) {
                case 0, 1, 2 -> {
                    made.put(batch(slot, named).digest(), named);
                    vote(log, slot, named);
                }
                case 3, 4, 5 -> {
                    decided++;
                    Batch batch = batch(decided, named);
                    made.put(batch.digest(), named);
                    chain = Chain.next(chain, decided, batch.digest());
                    log.decided(new DecidedBatch(0, decided, batch, named, chain));
                }
                case 6 -> {
                    stable = Math.max(stable, decided - random.nextInt(3));
                    stable(log, stable);
                }
                default -> {
                    log.close();
                    log = fixture.open(disk);
                    assertThat(log.takeRemembered().batches())
                            .allSatisfy(held -> assertThat(held.bundles())
                                    .isEqualTo(made.get(held.batch().digest())));
                }
            }
            assertThat(log.decisions(1, 100))
                    .allSatisfy(found -> assertThat(found.bundles())
                            .isEqualTo(made.get(found.batch().digest())));
        }
        assertThat(log.decisions(1, 100)).hasSize(decided);
        log.close();
    }
}
