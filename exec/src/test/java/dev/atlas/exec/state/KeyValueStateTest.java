package dev.atlas.exec.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.DivisibleState.PartDescriptor;
import dev.atlas.net.crypto.Digest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class KeyValueStateTest {

    private static final List<String> COLUMNS = List.of("a", "b", "");

    @Test
    void behavesAsAMapForRandomOperations() {
        for (int seed = 0; seed < 40; seed++) {
            Random random = new Random(seed);
            KeyValueState state = new KeyValueState();
            Map<List<Object>, ByteString> model = new HashMap<>();
            int keys = 1 + random.nextInt(500);
            for (int step = 0; step < 3000; step++) {
                String column = COLUMNS.get(random.nextInt(3));
                ByteString key = key(random.nextInt(keys));
                ByteString value = value(random);
                List<Object> name = List.of(column, key);
                Optional<ByteString> before = Optional.ofNullable(model.get(name));
                switch (random.nextInt(4)) {
                    case 0 -> assertThat(state.read(column, key)).isEqualTo(before);
                    case 1 -> {
                        assertThat(state.create(column, key, value)).isEqualTo(before.isEmpty());
                        model.putIfAbsent(name, value);
                    }
                    case 2 -> {
                        assertThat(state.update(column, key, value)).isEqualTo(before);
                        model.put(name, value);
                    }
                    default -> {
                        assertThat(state.delete(column, key)).isEqualTo(before);
                        model.remove(name);
                    }
                }
            }
            assertThat(state.size()).isEqualTo(model.size());
            model.forEach((name, value) -> assertThat(state.read((String) name.get(0), (ByteString) name.get(1)))
                    .contains(value));
        }
    }

    @Test
    void bytesPartsAndDigestsDependOnTheContentsAndNotOnTheHistory() throws IOException {
        for (int seed = 0; seed < 30; seed++) {
            Random random = new Random(seed);
            KeyValueState worn = new KeyValueState();
            KeyValueState snapshot = worn;
            for (int step = 0; step < 4000; step++) {
                String column = COLUMNS.get(random.nextInt(3));
                ByteString key = key(random.nextInt(600));
                if (random.nextInt(3) == 0) {
                    worn.delete(column, key);
                } else {
                    worn.update(column, key, value(random));
                }
                if (random.nextInt(500) == 0) {
                    snapshot = worn.snapshot();
                    snapshot.parts();
                }
            }
            KeyValueState fresh = restored(worn);
            assertThat(bytes(fresh)).isEqualTo(bytes(worn));
            assertThat(fresh.parts()).isEqualTo(worn.parts());
            fresh.update("a", key(1), ByteString.copyFromUtf8("another"));
            assertThat(fresh.parts()).isNotEqualTo(worn.parts());
        }
    }

    @Test
    void aLeafThatGrowsAndShrinksAgainIsWhatItWas() {
        KeyValueState state = new KeyValueState();
        for (int key = 0; key < 200; key++) {
            state.update("a", key(key), ByteString.EMPTY);
        }
        List<PartDescriptor> small = state.parts();
        for (int key = 0; key < 200; key++) {
            state.update("a", key(key), ByteString.copyFrom(new byte[20_000]));
        }
        assertThat(state.parts()).hasSizeGreaterThan(10);
        for (int key = 0; key < 200; key++) {
            state.update("a", key(key), ByteString.EMPTY);
        }
        assertThat(state.parts()).isEqualTo(small);
        for (int key = 0; key < 200; key++) {
            state.delete("a", key(key));
        }
        assertThat(state.parts()).isEmpty();
    }

    @Test
    void aSnapshotStaysAsItWasAndCanBeChangedByItself() throws IOException {
        Random random = new Random(1);
        KeyValueState state = filled(random, 2000);
        byte[] before = bytes(state);
        KeyValueState snapshot = state.snapshot();
        for (int step = 0; step < 2000; step++) {
            state.update("a", key(random.nextInt(3000)), value(random));
            state.delete("b", key(random.nextInt(3000)));
        }
        byte[] after = bytes(state);
        assertThat(bytes(snapshot)).isEqualTo(before).isNotEqualTo(after);
        snapshot.update("a", key(1), ByteString.copyFromUtf8("mine"));
        assertThat(bytes(state)).isEqualTo(after);
    }

    @Test
    void partsAreBoundedAndMakeTheStateAgainInAnyOrder() throws IOException {
        KeyValueState state = filled(new Random(2), 20_000);
        state.update("b", key(7), ByteString.copyFrom(new byte[600_000]));
        List<PartDescriptor> parts = new ArrayList<>(state.parts());
        assertThat(parts).hasSizeGreaterThan(3);
        assertThat(parts.stream().filter(part -> part.bytes() > KeyValueState.PART_BYTES + 64))
                .as("one entry alone is larger")
                .hasSize(1);
        Collections.shuffle(parts, new Random(3));
        KeyValueState other = new KeyValueState();
        other.update("c", key(1), ByteString.EMPTY);
        other.clear();
        for (PartDescriptor part : parts) {
            ByteString bytes = state.part(part);
            assertThat(bytes.size()).isEqualTo((int) part.bytes());
            assertThat(other.digest(bytes)).isEqualTo(part.digest());
            other.install(bytes);
        }
        assertThat(other.parts()).isEqualTo(state.parts());
        assertThat(bytes(other)).isEqualTo(bytes(state));
    }

    @Test
    void onlyThePartsThatHoldAChangedEntryChange() {
        KeyValueState state = filled(new Random(4), 20_000);
        List<PartDescriptor> before = state.snapshot().parts();
        state.update("a", key(5), ByteString.copyFromUtf8("changed"));
        List<PartDescriptor> changed = new ArrayList<>(state.parts());
        changed.removeAll(before);
        assertThat(changed).hasSize(1);
    }

    @Test
    void bytesThatAreNoPartAreRefused() {
        KeyValueState state = filled(new Random(5), 100);
        PartDescriptor part = state.parts().getFirst();
        ByteString bytes = state.part(part);
        Random random = new Random(6);
        for (int trial = 0; trial < 2000; trial++) {
            byte[] altered = bytes.toByteArray();
            altered[random.nextInt(altered.length)] ^= (byte) (1 + random.nextInt(255));
            ByteString mutated = ByteString.copyFrom(altered, 0, 1 + random.nextInt(altered.length));
            try {
                Digest digest = state.digest(mutated);
                assertThat(mutated.size() == bytes.size()
                                && digest.equals(part.digest())
                                && !isOnlyItsName(mutated, part))
                        .isFalse();
            } catch (IOException refused) {
                assertThat(refused).isNotNull();
            }
        }
        assertThatThrownBy(() -> state.part(new PartDescriptor(ByteString.copyFromUtf8("x"), Digest.ZERO, 1)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void entriesThatLieElsewhereThanTheirPartSaysAreRefused() {
        KeyValueState state = filled(new Random(7), 1000);
        byte[] bytes = state.part(state.parts().getFirst()).toByteArray();
        int depthAt = Integer.BYTES + "a".length();
        assertThat(bytes[depthAt]).isZero();
        for (byte depth = 1; depth <= Node.DEPTH_LIMIT; depth++) {
            bytes[depthAt] = depth;
            assertThatThrownBy(() -> state.digest(ByteString.copyFrom(bytes))).isInstanceOf(IOException.class);
        }
    }

    @Test
    void digestsAreRightWhenOthersHashSnapshotsWhileTheStateIsChanged() throws Exception {
        hashSnapshotsWhileTheStateIsChanged(20, 100);
    }

    @Test
    void partsAreRightWhenOthersDescribeSnapshotsWhileTheStateIsChanged() throws Exception {
        hashSnapshotsWhileTheStateIsChanged(4, 2000);
    }

    private static void hashSnapshotsWhileTheStateIsChanged(int seeds, int valueBytes) throws Exception {
        try (ExecutorService hashers = Executors.newFixedThreadPool(2)) {
            for (int seed = 0; seed < seeds; seed++) {
                Random random = new Random(seed);
                KeyValueState state = filled(random, 1000, valueBytes);
                List<Future<List<PartDescriptor>>> hashed = new ArrayList<>();
                List<KeyValueState> snapshots = new ArrayList<>();
                for (int snapshot = 0; snapshot < 30; snapshot++) {
                    KeyValueState frozen = state.snapshot();
                    snapshots.add(frozen);
                    hashed.add(hashers.submit(frozen::parts));
                    hashed.add(hashers.submit(frozen::parts));
                    for (int step = 0; step < 300; step++) {
                        ByteString key = key(random.nextInt(1500));
                        if (random.nextInt(4) == 0) {
                            state.delete("a", key);
                        } else {
                            state.update("a", key, value(random, valueBytes));
                        }
                    }
                }
                for (int each = 0; each < hashed.size(); each++) {
                    List<PartDescriptor> expected =
                            restored(snapshots.get(each / 2)).parts();
                    assertThat(hashed.get(each).get()).as("seed %d", seed).isEqualTo(expected);
                }
                assertThat(state.parts()).isEqualTo(restored(state).parts());
            }
        }
    }

    @Test
    void onlyWhatHasChangedIsHashedAndTheDigestsBesideAndAboveIt() {
        KeyValueState state = new KeyValueState();
        int entries = 50_000;
        for (int key = 0; key < entries; key++) {
            state.update("a", key(key), ByteString.copyFrom(new byte[1000]));
        }
        long everything = hashedFor(state);
        assertThat(everything).isGreaterThan(entries * 1000L);
        assertThat(hashedFor(state)).as("the root").isLessThan(1000);
        state.snapshot();
        for (int key = 0; key < entries; key += 100) {
            state.update("a", key(key), ByteString.copyFrom(new byte[] {1}).concat(ByteString.copyFrom(new byte[999])));
        }
        assertThat(hashedFor(state)).as("1% of the entries").isLessThan(everything / 40);
    }

    @Test
    void whatIsCopiedBeforeItIsHashedIsNotHashedTwice() throws IOException {
        KeyValueState state = filled(new Random(8), 20_000);
        KeyValueState first = state.snapshot();
        for (int key = 0; key < 20_000; key += 100) {
            state.update("a", key(key), ByteString.copyFromUtf8("changed"));
            if (key % 1000 == 0) {
                state.snapshot(); // as for those who read
            }
        }
        long everything = hashedFor(first);
        assertThat(hashedFor(state)).isLessThan(everything / 8);
        assertThat(state.parts()).isEqualTo(restored(state).parts());
    }

    private static long hashedFor(KeyValueState state) {
        long before = Scratch.own().hashedBytes();
        assertThat(state.parts()).isNotEmpty();
        return Scratch.own().hashedBytes() - before;
    }

    private static KeyValueState restored(KeyValueState state) throws IOException {
        KeyValueState fresh = new KeyValueState();
        fresh.readFrom(new ByteArrayInputStream(bytes(state)));
        return fresh;
    }

    /** The name of a part is covered by the root and not by the part's digest. */
    private static boolean isOnlyItsName(ByteString mutated, PartDescriptor part) {
        return !mutated.substring(0, part.id().size()).equals(part.id());
    }

    private static KeyValueState filled(Random random, int entries) {
        return filled(random, entries, 100);
    }

    private static KeyValueState filled(Random random, int entries, int valueBytes) {
        KeyValueState state = new KeyValueState();
        for (int key = 0; key < entries; key++) {
            state.update(COLUMNS.get(random.nextInt(2)), key(key), value(random, valueBytes));
        }
        return state;
    }

    private static byte[] bytes(KeyValueState state) throws IOException {
        ByteArrayOutputStream target = new ByteArrayOutputStream();
        state.writeTo(target);
        return target.toByteArray();
    }

    private static ByteString key(int number) {
        return ByteString.copyFromUtf8("key " + number);
    }

    private static ByteString value(Random random) {
        return value(random, 100);
    }

    private static ByteString value(Random random, int below) {
        byte[] bytes = new byte[random.nextInt(below)];
        random.nextBytes(bytes);
        return ByteString.copyFrom(bytes);
    }
}
