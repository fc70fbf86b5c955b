package dev.atlas.exec.state;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.DivisibleState.PartDescriptor;
import dev.atlas.net.crypto.Digest;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Parts and digests against their definition, written down a second time over a sorted map, which has no history. */
class DigestDefinitionTest {

    @Test
    void partsOfAStateThatWasDescribedAgainAndAgainAreThoseOfTheDefinition() {
        for (int seed = 0; seed < 8; seed++) {
            Random random = new Random(seed);
            // From one part for all to parts far down, and back.
            int largest = 1 << (4 + 2 * (seed % 4));
            KeyValueState state = new KeyValueState();
            Map<ByteString, ByteString> model = new TreeMap<>(ByteString.unsignedLexicographicalComparator());
            for (int round = 0; round < 30; round++) {
                int changes = 1 << random.nextInt(10);
                boolean growing = round % 10 < 6;
                for (int change = 0; change < changes; change++) {
                    ByteString key = ByteString.copyFromUtf8("key " + random.nextInt(1200));
                    if (random.nextInt(10) < (growing ? 2 : 7)) {
                        state.delete("a", key);
                        model.remove(key);
                    } else {
                        byte[] value = new byte[random.nextInt(largest)];
                        random.nextBytes(value);
                        state.update("a", key, ByteString.copyFrom(value));
                        model.put(key, ByteString.copyFrom(value));
                    }
                }
                KeyValueState described = random.nextBoolean() ? state.snapshot() : state;
                assertThat(described.parts())
                        .as("seed %d, round %d", seed, round)
                        .isEqualTo(defined(model));
            }
        }
    }

    @Test
    void verySmallEntriesAndVeryLargeOnes() {
        KeyValueState state = new KeyValueState();
        Map<ByteString, ByteString> model = new TreeMap<>(ByteString.unsignedLexicographicalComparator());
        for (int number = 0; number < 40_000; number++) {
            ByteString key =
                    ByteString.copyFrom(new byte[] {(byte) (number >> 16), (byte) (number >> 8), (byte) number});
            state.update("a", key, ByteString.EMPTY);
            model.put(key, ByteString.EMPTY);
        }
        assertThat(state.parts()).isEqualTo(defined(model));
        for (int number = 0; number < 5; number++) {
            ByteString key = ByteString.copyFrom(new byte[] {(byte) number});
            ByteString value = ByteString.copyFrom(new byte[300_000]);
            state.update("a", key, value);
            model.put(key, value);
        }
        assertThat(state.parts()).isEqualTo(defined(model));
    }

    @Test
    void aLeafWhereKeysEndHasAnyNumberOfEntries() {
        Edit edit = new Edit();
        Node leaf = null;
        Map<ByteString, ByteString> model = new TreeMap<>(ByteString.unsignedLexicographicalComparator());
        Random random = new Random(1);
        for (int step = 0; step < 300; step++) {
            ByteString key = ByteString.copyFromUtf8("key " + random.nextInt(80));
            ByteString value = ByteString.copyFromUtf8("value " + step);
            leaf = Node.putInto(leaf, edit, new Path(0), Node.DEPTH_LIMIT, key, Entries.of(key, value));
            model.put(key, value);
            if (random.nextInt(4) == 0) {
                ByteString gone = ByteString.copyFromUtf8("key " + random.nextInt(80));
                Node left = leaf.remove(edit, new Path(0), Node.DEPTH_LIMIT, gone);
                leaf = left == null ? leaf : left;
                model.remove(gone);
            }
            if (random.nextInt(8) == 0) {
                edit = new Edit();
            }
            assertThat(leaf).isInstanceOf(Leaf.class);
            if (random.nextInt(3) == 0) {
                assertThat(leaf.digest()).isEqualTo(digest(model, Node.DEPTH_LIMIT));
            }
        }
        assertThat(model).hasSizeGreaterThan(Integer.SIZE);
    }

    private static List<PartDescriptor> defined(Map<ByteString, ByteString> entries) {
        List<PartDescriptor> parts = new ArrayList<>();
        if (!entries.isEmpty()) {
            divide(entries, 0, 0, parts);
        }
        return parts;
    }

    private static void divide(Map<ByteString, ByteString> entries, int depth, long path, List<PartDescriptor> parts) {
        if (bytes(entries) > KeyValueState.PART_BYTES && !isLeaf(entries, depth)) {
            children(entries, depth)
                    .forEach(
                            (digit, child) -> divide(child, depth + 1, path | (long) digit << (60 - 4 * depth), parts));
            return;
        }
        ByteBuffer id = ByteBuffer.allocate(4 + 1 + 1 + 8);
        id.putInt(1).put((byte) 'a').put((byte) depth).putLong(path);
        parts.add(new PartDescriptor(
                ByteString.copyFrom(id.flip()), digest(entries, depth), id.capacity() + bytes(entries)));
    }

    /** SHA-256 of the digests of a leaf's entries and 1, or of a branch's sixteen children, zero for none, and 2; an entry's is of its bytes. */
    private static Digest digest(Map<ByteString, ByteString> entries, int depth) {
        MessageDigest row = sha256();
        if (isLeaf(entries, depth)) {
            entries.forEach((key, value) -> row.update(sha256().digest(entry(key, value))));
            row.update((byte) 1);
        } else {
            Map<Integer, Map<ByteString, ByteString>> children = children(entries, depth);
            for (int digit = 0; digit < 16; digit++) {
                Map<ByteString, ByteString> child = children.get(digit);
                row.update(
                        child == null ? new byte[32] : digest(child, depth + 1).toBytes());
            }
            row.update((byte) 2);
        }
        return Digest.of(row.digest());
    }

    private static boolean isLeaf(Map<ByteString, ByteString> entries, int depth) {
        return entries.size() == 1
                || depth == 16
                || (entries.size() <= 16 && bytes(entries) <= KeyValueState.PART_BYTES);
    }

    private static Map<Integer, Map<ByteString, ByteString>> children(Map<ByteString, ByteString> entries, int depth) {
        Map<Integer, Map<ByteString, ByteString>> children = new TreeMap<>();
        entries.forEach((key, value) -> children.computeIfAbsent(
                        digit(key, depth), digit -> new TreeMap<>(ByteString.unsignedLexicographicalComparator()))
                .put(key, value));
        return children;
    }

    private static int digit(ByteString key, int depth) {
        byte hashed = sha256().digest(key.toByteArray())[depth / 2];
        return (depth % 2 == 0 ? hashed >> 4 : hashed) & 15;
    }

    private static long bytes(Map<ByteString, ByteString> entries) {
        return entries.entrySet().stream()
                .collect(Collectors.summingLong(
                        entry -> 8 + entry.getKey().size() + entry.getValue().size()));
    }

    private static byte[] entry(ByteString key, ByteString value) {
        return ByteBuffer.allocate(8 + key.size() + value.size())
                .putInt(key.size())
                .put(key.toByteArray())
                .putInt(value.size())
                .put(value.toByteArray())
                .array();
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
