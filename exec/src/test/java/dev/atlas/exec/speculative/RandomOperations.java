package dev.atlas.exec.speculative;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.CrudState;
import dev.atlas.exec.state.KeyValueState;
import java.util.Optional;
import java.util.Random;

/**
 * A block of random operations: each a few steps of every kind over several columns, whose keys and values depend on what was read before, so that a wrong
 * read shows. The result tells everything that the operation has seen.
 */
final class RandomOperations implements Operation<String> {

    private static final String[] COLUMNS = {"a", "b", "c"};

    private final long seed;
    private final int keys;
    private final int columns;
    private final int steps;

    private RandomOperations(long seed, int keys, int columns, int steps) {
        this.seed = seed;
        this.keys = keys;
        this.columns = columns;
        this.steps = steps;
    }

    static RandomOperations of(Random random) {
        int keys = switch (random.nextInt(4)) {
            case 0 -> 1 + random.nextInt(3);
            case 1 -> 1 + random.nextInt(20);
            case 2 -> 1 + random.nextInt(100);
            default -> 1 + random.nextInt(1000);
        };
        return new RandomOperations(random.nextLong(), keys, 1 + random.nextInt(3), 1 + random.nextInt(5));
    }

    /** Mostly small, now and then up to 2000 operations. */
    static int size(Random random) {
        return switch (random.nextInt(64)) {
            case 0 -> random.nextInt(2001);
            case 1, 2 -> random.nextInt(201);
            default -> random.nextInt(24);
        };
    }

    void fill(KeyValueState state) {
        Random random = new Random(seed);
        for (int key = 0; key < keys; key++) {
            for (int column = 0; column < columns; column++) {
                if (random.nextInt(3) == 0) {
                    state.update(COLUMNS[column], key(key), value(random.nextInt()));
                }
            }
            // Equal in every state that sequential execution leads to.
            state.update("left", key(key), value(7));
            state.update("right", key(key), value(7));
        }
    }

    /** As an executor does: an exception is a result. */
    @Override
    public String execute(CrudState view, int index) {
        try {
            return perform(view, index);
        } catch (RuntimeException refused) {
            return refused.getMessage();
        }
    }

    private String perform(CrudState view, int index) {
        Random random = new Random(seed * 31 + index);
        StringBuilder seen = new StringBuilder();
        int salt = index;
        for (int step = random.nextInt(steps) + 1; step > 0; step--) {
            String column = COLUMNS[random.nextInt(columns)];
            ByteString key = key(random.nextInt(8) == 0 ? Math.floorMod(salt, keys) : random.nextInt(keys));
            ByteString value = value(salt);
            Object found = switch (random.nextInt(8)) {
                case 0, 1 -> view.read(column, key);
                case 2 -> view.create(column, key, value);
                case 3 -> view.update(column, key, value);
                case 4 -> view.delete(column, key);
                case 5 -> view.update(column, key, value(view.read(column, key).hashCode() + 1));
                case 6 -> conditional(view, column, key, value);
                default -> invariant(view, key, value);
            };
            seen.append(text(found)).append(';');
            salt = 31 * salt + found.hashCode();
            if (random.nextInt(12) == 0 && salt % 3 == 0) {
                // After the writes of this step: what was changed stays changed.
                throw new IllegalArgumentException("refused after " + seen);
            }
        }
        return seen.toString();
    }

    /** A byte string's own text has its address in it. */
    private static Object text(Object found) {
        return found instanceof Optional<?> some && some.orElse(null) instanceof ByteString bytes
                ? bytes.toStringUtf8()
                : found;
    }

    /** Writes in some cases only: an incarnation may not repeat what an earlier one wrote. */
    private static Object conditional(CrudState view, String column, ByteString key, ByteString value) {
        Optional<ByteString> present = view.read(column, key);
        if ((present.hashCode() & 1) == 0) {
            view.update("b", key, value);
            return present;
        }
        return view.delete("a", key).map(ByteString::hashCode);
    }

    /** Two entries that are equal between operations; in inconsistent reads they differ, which throws. */
    private static Object invariant(CrudState view, ByteString key, ByteString value) {
        Optional<ByteString> left = view.read("left", key);
        if (!left.equals(view.read("right", key))) {
            throw new IllegalStateException("inconsistent");
        }
        view.update("left", key, value);
        view.update("right", key, value);
        return left;
    }

    private static ByteString key(int number) {
        return ByteString.copyFromUtf8("k" + number);
    }

    private static ByteString value(int number) {
        return ByteString.copyFromUtf8(Integer.toString(Math.floorMod(number, 97)));
    }
}
