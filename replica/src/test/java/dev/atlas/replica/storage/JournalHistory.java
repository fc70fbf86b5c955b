package dev.atlas.replica.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.atlas.net.env.RandomSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;

/**
 * Some lives of one journaled store, all by chance: writes of all sizes, flushes in between, the end of the process or the power in the middle of anything, and disks
 * that fail. After each it must hold what was acknowledged, in full, and else nothing but the one write that was under way, in full.
 */
final class JournalHistory {

    private static final byte[] FIRST = {0};
    private static final byte[] LAST = {(byte) 0xFF};

    private final Random random;
    private final UnreliableMachine machine;
    private final int segmentBytes;

    /** What was acknowledged, or else seen. */
    private TreeMap<byte[], byte[]> expected = map();

    /** What may be found after a failure: a write that nobody was told of is there or not, until another one is acknowledged. */
    private final List<TreeMap<byte[], byte[]>> possible = new ArrayList<>(List.of(expected));

    private boolean partsToo = true;

    JournalHistory(long seed, UnreliableMachine.Bug bug) {
        random = new Random(seed);
        machine = new UnreliableMachine(random, bug);
        segmentBytes = 4096 << random.nextInt(6);
    }

    static TreeMap<byte[], byte[]> map() {
        return new TreeMap<>(Arrays::compareUnsigned);
    }

    UnreliableMachine machine() {
        return machine;
    }

    TreeMap<byte[], byte[]> expected() {
        return expected;
    }

    /** Every write goes to the journal from now on. */
    void withoutParts() {
        partsToo = false;
    }

    /** Lives until one ends in order, or chance has had enough. */
    void run() throws IOException {
        for (int life = 2 + random.nextInt(6); life > 0; life--) {
            live();
        }
        machine.kill();
        try (Store store = open()) {
            check(store);
        }
    }

    private void live() throws IOException {
        switch (random.nextInt(4)) {
            case 0 -> machine.endAfter(1 + random.nextInt(150));
            case 1 -> machine.endAfter(1 + random.nextInt(12));
            case 2 -> machine.failAfter(1 + random.nextInt(150));
            default -> {}
        }
        boolean isPower = random.nextInt(4) != 0;
        try {
            live(random.nextInt(5) == 0);
        } catch (UnreliableMachine.Gone ignored) {
            // As was asked for above; what it left is looked at in the next life.
        }
        if (isPower) {
            machine.losePower();
        } else {
            machine.kill();
        }
    }

    private void live(boolean isPlain) throws IOException {
        Store store = isPlain ? LeftJournal.open(machine.base(), machine) : open();
        check(store);
        if (isPlain && random.nextInt(3) == 0) {
            return; // somebody looked, and wrote nothing
        }
        for (int write = random.nextInt(120); write >= 0; write--) {
            try {
                write(store);
            } catch (IOException failed) {
                assertThat(failed).hasStackTraceContaining("No space left");
                if (!isPlain) {
                    assertThatThrownBy(() -> store.write(new Changes().delete(key(1)), true))
                            .isInstanceOf(IOException.class);
                }
                store.close();
                return;
            }
        }
        if (random.nextInt(3) == 0) {
            close(store);
        }
    }

    private void close(Store store) throws IOException {
        try {
            store.close();
        } catch (IOException failed) {
            assertThat(failed).hasStackTraceContaining("No space left");
            return;
        }
        Map<byte[], byte[]> below = contents(machine.base(), FIRST, LAST);
        assertSame(below, expected);
        assertThat(machine.base().get(Key.JOURNAL.only())).isEmpty();
    }

    Store open() throws IOException {
        ChanceBackground background =
                new ChanceBackground(random, machine.bug() == UnreliableMachine.Bug.REUSED_BEFORE_FLUSHED);
        machine.beside(background::chance);
        return JournaledStore.open(machine.base(), machine, new Chance(random), background, segmentBytes);
    }

    /** Writes, with what follows from it for what is expected. */
    void write(Store store) throws IOException {
        Changes changes = new Changes();
        boolean isParts = partsToo && random.nextInt(8) == 0;
        for (int change = random.nextInt(4); change >= 0; change--) {
            byte[] key = isParts ? key(45 + random.nextInt(15)) : key(random.nextInt(partsToo ? 60 : 45));
            if (!isParts && random.nextInt(3) == 0) {
                changes.delete(key);
            } else {
                changes.put(key, value());
            }
        }
        TreeMap<byte[], byte[]> after = map();
        after.putAll(expected);
        for (Changes.Change change : changes.all()) {
            change.value().ifPresentOrElse(value -> after.put(change.key(), value), () -> after.remove(change.key()));
        }
        possible.add(after);
        store.write(changes, !(store instanceof JournaledStore) || random.nextBoolean());
        expected = after;
        possible.clear();
        possible.add(after);
        look(store);
    }

    private void look(Store store) throws IOException {
        byte[] key = key(random.nextInt(60));
        assertThat(store.get(key).map(ByteBuffer::wrap))
                .isEqualTo(Optional.ofNullable(expected.get(key)).map(ByteBuffer::wrap));
        if (random.nextInt(10) == 0) {
            int first = random.nextInt(60);
            byte[] from = key(first);
            byte[] to = key(first + random.nextInt(60 - first));
            assertSame(contents(store, from, to), expected.subMap(from, true, to, false));
        }
    }

    private byte[] value() {
        byte[] value = new byte[random.nextInt(4) == 0 ? random.nextInt(20_000) : random.nextInt(300)];
        random.nextBytes(value);
        return value;
    }

    private static byte[] key(int number) {
        return ByteBuffer.allocate(5)
                .put((byte) "abjt".charAt(number / 15))
                .putInt(number % 15)
                .array();
    }

    private void check(Store store) throws IOException {
        Map<byte[], byte[]> found = contents(store, FIRST, LAST);
        for (TreeMap<byte[], byte[]> each : possible) {
            if (isSame(found, each)) {
                expected = each;
            }
        }
        assertSame(found, expected);
    }

    static Map<byte[], byte[]> contents(Store store, byte[] from, byte[] to) throws IOException {
        TreeMap<byte[], byte[]> found = map();
        byte[][] last = {new byte[0]};
        store.scan(from, to, (key, value) -> {
            assertThat(Arrays.compareUnsigned(last[0], key)).isNegative();
            last[0] = key;
            found.put(key, value);
            return true;
        });
        return found;
    }

    static boolean isSame(Map<byte[], byte[]> left, Map<byte[], byte[]> right) {
        return left.size() == right.size()
                && left.entrySet().stream()
                        .allMatch(entry -> Arrays.equals(entry.getValue(), right.get(entry.getKey())));
    }

    private static void assertSame(Map<byte[], byte[]> found, Map<byte[], byte[]> expected) {
        assertThat(isSame(found, expected))
                .as(() -> text(found) + " instead of " + text(expected))
                .isTrue();
    }

    private static String text(Map<byte[], byte[]> entries) {
        StringBuilder text = new StringBuilder();
        entries.forEach((key, value) -> text.append((char) key[0])
                .append(ByteBuffer.wrap(key).getInt(1))
                .append(':')
                .append(value.length)
                .append(' '));
        return text.toString();
    }

    /** Chance as the environment gives it. */
    record Chance(Random random) implements RandomSource {

        @Override
        public long nextLong() {
            return random.nextLong();
        }

        @Override
        public long nextLong(long bound) {
            return random.nextLong(bound);
        }

        @Override
        public void nextBytes(byte[] target) {
            random.nextBytes(target);
        }
    }
}
