package dev.atlas.it.fuzz;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Alters valid messages: bytes as such, and fields at any depth by the wire format alone, so that it needs to know no message. */
final class WireMutator {

    private static final long[] EXTREMES = {
        0, 1, -1, 127, 128, Integer.MAX_VALUE, Integer.MIN_VALUE, Long.MAX_VALUE, Long.MIN_VALUE
    };
    private static final int LARGEST_FIELD = 20;
    private static final int DEPTH = 4;

    private final Random random;

    WireMutator(Random random) {
        this.random = random;
    }

    /** A message made of a valid one, and of another to take parts from. */
    byte[] mutate(byte[] valid, byte[] other) {
        byte[] mutated = valid;
        for (int change = random.nextInt(3); change >= 0; change--) {
            mutated = random.nextInt(5) < 3 ? fields(mutated, 0) : bytes(mutated, other);
        }
        return mutated;
    }

    /** Bytes made of others, whatever they mean. */
    byte[] bytes(byte[] original, byte[] other) {
        if (original.length == 0) {
            return other.clone();
        }
        int at = random.nextInt(original.length);
        return switch (random.nextInt(7)) {
            case 0 -> Arrays.copyOf(original, at);
            case 1 -> splice(original, at, other, random.nextInt(other.length + 1), other.length);
            case 2 -> insert(original, at, random.nextInt(original.length + 1));
            case 3 ->
                splice(original, at, original, Math.min(original.length, at + 1 + random.nextInt(8)), original.length);
            case 4 -> set(original, at, (byte) 0xff, 1 + random.nextInt(10));
            case 5 -> set(original, at, (byte) random.nextInt(256), 1);
            default -> {
                byte[] flipped = original.clone();
                flipped[at] ^= (byte) (1 << random.nextInt(8));
                yield flipped;
            }
        };
    }

    private static byte[] splice(byte[] head, int headEnd, byte[] tail, int tailStart, int tailEnd) {
        byte[] spliced = Arrays.copyOf(head, headEnd + tailEnd - tailStart);
        System.arraycopy(tail, tailStart, spliced, headEnd, tailEnd - tailStart);
        return spliced;
    }

    /** A part of the message once more, at another place. */
    private byte[] insert(byte[] original, int at, int from) {
        int length = Math.min(original.length - from, random.nextInt(64));
        byte[] inserted = new byte[original.length + length];
        System.arraycopy(original, 0, inserted, 0, at);
        System.arraycopy(original, from, inserted, at, length);
        System.arraycopy(original, at, inserted, at + length, original.length - at);
        return inserted;
    }

    private static byte[] set(byte[] original, int at, byte value, int count) {
        byte[] changed = original.clone();
        Arrays.fill(changed, at, Math.min(changed.length, at + count), value);
        return changed;
    }

    private byte[] fields(byte[] original, int depth) {
        UnknownFieldSet set;
        try {
            set = UnknownFieldSet.parseFrom(original);
        } catch (InvalidProtocolBufferException noMessage) {
            return bytes(original, original); // text, a digest, or something altered before
        }
        List<Integer> numbers = List.copyOf(set.asMap().keySet());
        if (numbers.isEmpty()) {
            return bytes(original, original);
        }
        int number = numbers.get(random.nextInt(numbers.size()));
        UnknownFieldSet.Field field = set.getField(number);
        UnknownFieldSet.Builder changed = set.toBuilder();
        switch (random.nextInt(8)) {
            case 0 -> changed.clearField(number);
            case 1 -> changed.mergeField(number, field);
            case 2 -> changed.clearField(number).mergeField(1 + random.nextInt(LARGEST_FIELD), field);
            case 3 ->
                changed.mergeField(
                        1 + random.nextInt(LARGEST_FIELD),
                        UnknownFieldSet.Field.newBuilder().addVarint(extreme()).build());
            case 4 ->
                changed.mergeField(
                        number, UnknownFieldSet.Field.newBuilder().addGroup(set).build());
            default -> changed.clearField(number).mergeField(number, altered(field, depth));
        }
        return changed.build().toByteArray();
    }

    private UnknownFieldSet.Field altered(UnknownFieldSet.Field field, int depth) {
        UnknownFieldSet.Field.Builder altered = UnknownFieldSet.Field.newBuilder();
        for (long unused : field.getVarintList()) {
            altered.addVarint(random.nextBoolean() ? extreme() : unused + random.nextInt(3) - 1);
        }
        List<ByteString> parts = field.getLengthDelimitedList();
        int chosen = parts.isEmpty() ? 0 : random.nextInt(parts.size());
        for (int part = 0; part < parts.size(); part++) {
            byte[] bytes = parts.get(part).toByteArray();
            altered.addLengthDelimited(
                    part != chosen
                            ? parts.get(part)
                            : ByteString.copyFrom(
                                    depth < DEPTH && random.nextInt(4) > 0
                                            ? fields(bytes, depth + 1)
                                            : bytes(bytes, bytes)));
        }
        field.getGroupList().forEach(altered::addGroup);
        field.getFixed32List().forEach(altered::addFixed32);
        field.getFixed64List().forEach(altered::addFixed64);
        return altered.build();
    }

    private long extreme() {
        return EXTREMES[random.nextInt(EXTREMES.length)];
    }
}
