package dev.atlas.exec.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteOutput;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.atlas.core.application.DivisibleState.Part;
import dev.atlas.core.application.DivisibleState.PartDescriptor;
import dev.atlas.core.application.DivisibleState.PlainPart;
import dev.atlas.net.crypto.Digest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
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
import org.junit.jupiter.api.function.Executable;

class KeyValueStateTest {

    private static final List<String> COLUMNS = List.of("a", "b", "");
    private static final int COLLECTIONS = 20;

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

    /** Two that differ in them alone would be written and hashed alike. */
    @Test
    void aColumnWhoseNameHasHalfACharacterIsRefused() {
        KeyValueState state = new KeyValueState();
        ByteString key = key(1);
        for (String name : List.of("\uD800", "a\uDC00b", "\uDC00\uD800", "\uD83D\uDE00\uD83D")) {
            for (Executable access : List.<Executable>of(
                    () -> state.read(name, key),
                    () -> state.create(name, key, key),
                    () -> state.update(name, key, key),
                    () -> state.delete(name, key))) {
                assertThatThrownBy(access::execute)
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("half a character");
            }
        }
        assertThat(state.update("\uD83D\uDE00", key, key)).isEmpty();
        assertThat(state.read("\uD83D\uDE00", key)).contains(key);
        assertThat(state.size()).isEqualTo(1);
    }

    @Test
    void whatHasBeenWrittenCanBeReadHoweverLongAValueIs() throws IOException {
        KeyValueState state = new KeyValueState();
        ByteString large = UnsafeByteOperations.unsafeWrap(new byte[64 * 1024 * 1024 + 1]);
        state.update("a", key(1), large);
        KeyValueState read = restored(state);
        assertThat(read.read("a", key(1)).orElseThrow().equals(large)).isTrue();
    }

    @Test
    void anAnnouncedLengthTakesNoMemoryUntilTheBytesCome() {
        byte[] announcing =
                ByteBuffer.allocate(8).putInt(1).putInt(Integer.MAX_VALUE).array();
        assertThatThrownBy(() -> new KeyValueState().readFrom(new ByteArrayInputStream(announcing)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("truncated");
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
        Random random = new Random(3);
        assertThat(parts).hasSizeGreaterThan(3);
        assertThat(parts.stream().filter(part -> part.bytes() > KeyValueState.PART_BYTES + 64))
                .as("one entry alone is larger")
                .hasSize(1);
        Collections.shuffle(parts, random);
        KeyValueState other = new KeyValueState();
        other.update("c", key(1), ByteString.EMPTY);
        other.clear();
        for (PartDescriptor part : parts) {
            ByteString bytes = state.part(part).bytes();
            assertThat(bytes.size()).isEqualTo((int) part.bytes());
            other.install(random.nextBoolean() ? other.read(part, bytes) : new PlainPart(part, bytes));
        }
        assertThat(other.parts()).isEqualTo(state.parts());
        assertThat(bytes(other)).isEqualTo(bytes(state));
    }

    @Test
    void aStateOfPartsGoesOnAsTheOneThatTheyAreOf() throws IOException {
        for (int seed = 0; seed < 10; seed++) {
            Random random = new Random(seed);
            KeyValueState state = filled(random, 1 + random.nextInt(10_000));
            state.update("b", key(7), ByteString.copyFrom(new byte[random.nextInt(600_000)]));
            KeyValueState snapshot = state.snapshot();
            byte[] before = bytes(snapshot);
            KeyValueState read = new KeyValueState();
            KeyValueState taken = new KeyValueState();
            for (PartDescriptor part : snapshot.parts()) {
                read.install(read.read(part, snapshot.part(part).bytes()));
                taken.install(snapshot.part(part));
            }
            for (KeyValueState each : List.of(state, read, taken)) {
                Random same = new Random(seed);
                for (int step = 0; step < 3000; step++) {
                    ByteString key = key(same.nextInt(10_000));
                    if (same.nextInt(3) == 0) {
                        each.delete(COLUMNS.get(same.nextInt(3)), key);
                    } else {
                        each.update(COLUMNS.get(same.nextInt(3)), key, value(same));
                    }
                }
            }
            assertThat(read.parts())
                    .isEqualTo(state.parts())
                    .isEqualTo(restored(state).parts());
            assertThat(taken.parts()).isEqualTo(state.parts());
            assertThat(bytes(read)).isEqualTo(bytes(state)).isEqualTo(bytes(taken));
            assertThat(bytes(snapshot)).isEqualTo(before);
        }
    }

    @Test
    void aPartStaysAsItWasWhenItsStateChanges() throws IOException {
        KeyValueState state = filled(new Random(12), 20_000);
        KeyValueState other = new KeyValueState();
        List<PartDescriptor> parts = state.parts();
        byte[] before = bytes(state);
        for (PartDescriptor part : parts) {
            other.install(state.part(part));
        }
        Part kept = state.part(parts.getFirst());
        ByteString bytes = kept.bytes();
        for (int key = 0; key < 20_000; key++) {
            state.update("a", key(key), ByteString.copyFromUtf8("changed"));
        }
        assertThat(kept.bytes()).isEqualTo(bytes);
        assertThat(bytes(other)).isEqualTo(before).isNotEqualTo(bytes(state));
        assertThat(other.parts()).isEqualTo(parts);
    }

    @Test
    void aPartIsNotFoundByWhatItWasBeforeItChanged() {
        KeyValueState state = filled(new Random(14), 20_000);
        List<PartDescriptor> before = state.parts();
        state.update("a", key(17), ByteString.copyFromUtf8("longer than before".repeat(10)));
        state.update("b", key(18), ByteString.copyFromUtf8("one"));
        List<PartDescriptor> between = state.parts();
        state.update("b", key(18), ByteString.copyFromUtf8("two"));
        List<PartDescriptor> now = state.parts();
        for (List<PartDescriptor> earlier : List.of(before, between)) {
            assertThat(now).isNotEqualTo(earlier);
            for (PartDescriptor part : earlier) {
                if (now.contains(part)) {
                    assertThat(state.part(part).descriptor()).isEqualTo(part);
                } else {
                    assertThatThrownBy(() -> state.part(part)).isInstanceOf(IllegalArgumentException.class);
                }
            }
        }
    }

    @Test
    void whatIsInstalledIsNotHashedAgain() throws IOException {
        KeyValueState state = filled(new Random(9), 20_000);
        KeyValueState other = new KeyValueState();
        for (PartDescriptor part : state.parts()) {
            other.install(other.read(part, state.part(part).bytes()));
        }
        assertThat(hashedFor(other)).isLessThan(bytes(state).length / 20);
    }

    @Test
    void aPartUnderAnotherNameIsRefused() {
        KeyValueState state = filled(new Random(10), 20_000);
        for (PartDescriptor part : state.parts()) {
            for (int at = 0; at < part.id().size(); at++) {
                byte[] renamed = state.part(part).bytes().toByteArray();
                renamed[at] ^= 1;
                assertThatThrownBy(() -> state.read(part, ByteString.copyFrom(renamed)))
                        .isInstanceOf(IOException.class);
            }
        }
    }

    @Test
    void aPartThatIsInstalledTwiceIsRefused() throws IOException {
        KeyValueState state = filled(new Random(11), 20_000);
        KeyValueState other = new KeyValueState();
        PartDescriptor part = state.parts().getLast();
        other.install(state.part(part));
        assertThatThrownBy(() -> other.install(state.part(part))).isInstanceOf(IOException.class);
    }

    /** The digest of what they make would be the right one: only one way of writing them is theirs. */
    @Test
    void entriesOutOfOrderAreRefused() {
        for (int entries : new int[] {3, 1000}) {
            KeyValueState state = new KeyValueState();
            for (int key = 0; key < entries; key++) {
                state.update("a", ByteString.copyFromUtf8("%04d".formatted(key)), ByteString.EMPTY);
            }
            PartDescriptor part = state.parts().getFirst();
            byte[] bytes = state.part(part).bytes().toByteArray();
            int entry = 2 * Integer.BYTES + 4;
            int first = part.id().size();
            int last = bytes.length - entry;
            byte[] swapped = bytes.clone();
            System.arraycopy(bytes, first, swapped, last, entry);
            System.arraycopy(bytes, last, swapped, first, entry);
            assertThatThrownBy(() -> state.read(part, ByteString.copyFrom(swapped)))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("out of order");
            byte[] twice = bytes.clone();
            System.arraycopy(bytes, first, twice, first + entry, entry);
            assertThatThrownBy(() -> state.read(part, ByteString.copyFrom(twice)))
                    .isInstanceOf(IOException.class);
        }
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
        ByteString bytes = state.part(part).bytes();
        Random random = new Random(6);
        for (int trial = 0; trial < 2000; trial++) {
            byte[] altered = bytes.toByteArray();
            altered[random.nextInt(altered.length)] ^= (byte) (1 + random.nextInt(255));
            ByteString mutated = ByteString.copyFrom(altered, 0, 1 + random.nextInt(altered.length));
            PartDescriptor asLong = new PartDescriptor(part.id(), part.digest(), mutated.size());
            assertThatThrownBy(() -> state.read(part, mutated)).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> state.read(asLong, mutated)).isInstanceOf(IOException.class);
        }
        assertThatThrownBy(() -> state.part(new PartDescriptor(ByteString.copyFromUtf8("x"), Digest.ZERO, 1)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void entriesThatLieElsewhereThanTheirPartSaysAreRefused() {
        KeyValueState state = filled(new Random(7), 1000);
        PartDescriptor part = state.parts().getFirst();
        byte[] bytes = state.part(part).bytes().toByteArray();
        int depthAt = Integer.BYTES + "a".length();
        assertThat(bytes[depthAt]).isZero();
        for (byte depth = 1; depth <= Node.DEPTH_LIMIT + 1; depth++) {
            bytes[depthAt] = depth;
            ByteString elsewhere = ByteString.copyFrom(bytes);
            PartDescriptor other =
                    new PartDescriptor(elsewhere.substring(0, part.id().size()), part.digest(), bytes.length);
            assertThatThrownBy(() -> state.read(other, elsewhere)).isInstanceOf(IOException.class);
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
        KeyValueState state = new KeyValueState();
        assertThat(state.parts()).isEmpty();
        fill(state, new Random(8), 20_000, 100);
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

    @Test
    void whatHasBeenReplacedIsNotKept() {
        KeyValueState state = new KeyValueState();
        List<WeakReference<byte[]>> replaced = replaceWithSnapshots(state);
        assertThat(state.parts()).isNotEmpty();
        assertThat(isAlive(replaced)).isFalse();
        Reference.reachabilityFence(state);
    }

    /** A state that is written as a stream is never hashed: what is kept for that would be kept for ever. */
    @Test
    void whatHasBeenReplacedIsNotKeptForDigestsThatNobodyAsksFor() {
        KeyValueState state = new KeyValueState();
        List<WeakReference<byte[]>> replaced = replaceWithSnapshots(state);
        assertThat(isAlive(replaced)).isFalse();
        Reference.reachabilityFence(state);
    }

    /** What has been replaced or removed, with snapshots in between that nobody has kept. */
    private static List<WeakReference<byte[]>> replaceWithSnapshots(KeyValueState state) {
        List<WeakReference<byte[]>> replaced = new ArrayList<>();
        for (int key = 0; key < 1000; key++) {
            state.update("a", key(key), ByteString.copyFrom(new byte[100]));
            replaced.add(entry(state, key(key)));
        }
        for (int key = 0; key < 1000; key++) {
            state.snapshot();
            if (key % 3 == 0) {
                assertThat(state.delete("a", key(key))).isPresent();
            } else {
                state.update("a", key(key), ByteString.copyFromUtf8("changed"));
            }
        }
        return replaced;
    }

    /** The array in which the state keeps the entry. */
    private static WeakReference<byte[]> entry(KeyValueState state, ByteString key) {
        List<WeakReference<byte[]>> found = new ArrayList<>();
        ByteOutput output = new ByteOutput() {
            @Override
            public void write(byte value) {}

            @Override
            public void write(byte[] value, int offset, int length) {}

            @Override
            public void write(ByteBuffer value) {}

            @Override
            public void writeLazy(ByteBuffer value) {}

            @Override
            public void writeLazy(byte[] value, int offset, int length) {
                found.add(new WeakReference<>(value));
            }
        };
        try {
            UnsafeByteOperations.unsafeWriteTo(state.read("a", key).orElseThrow(), output);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return found.getFirst();
    }

    private static boolean isAlive(List<WeakReference<byte[]>> entries) {
        for (int collection = 0; collection < COLLECTIONS; collection++) {
            System.gc();
            if (entries.stream().allMatch(entry -> entry.get() == null)) {
                return false;
            }
        }
        return true;
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

    private static KeyValueState filled(Random random, int entries) {
        return filled(random, entries, 100);
    }

    private static KeyValueState filled(Random random, int entries, int valueBytes) {
        KeyValueState state = new KeyValueState();
        fill(state, random, entries, valueBytes);
        return state;
    }

    private static void fill(KeyValueState state, Random random, int entries, int valueBytes) {
        for (int key = 0; key < entries; key++) {
            state.update(COLUMNS.get(random.nextInt(2)), key(key), value(random, valueBytes));
        }
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
