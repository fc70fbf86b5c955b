package dev.atlas.it.bench.execution;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.CrudState;
import dev.atlas.exec.speculative.Operation;
import dev.atlas.exec.state.KeyValueState;
import java.nio.ByteBuffer;
import java.util.Random;
import org.openjdk.jmh.infra.Blackhole;

/** Counters, and one block of operations after the other on them: each a read, a computation and a write. Owned by one thread but for the operations. */
final class Work {

    private static final String COLUMN = "counters";

    private final int valueBytes;
    private final int block;
    private final int conflictPercent;
    private final long tokens;
    private final ByteString[] keys;
    private final Random random = new Random(1);

    Work(int keyCount, int valueBytes, int block, int conflictPercent, double costMicros) {
        this.valueBytes = Math.max(Integer.BYTES, valueBytes);
        this.block = block;
        this.conflictPercent = conflictPercent;
        this.tokens = Math.round(costMicros * tokensPerMilli() / 1000);
        this.keys = new ByteString[keyCount];
        for (int number = 0; number < keyCount; number++) {
            keys[number] = ByteString.copyFrom(
                    ByteBuffer.allocate(Integer.BYTES).putInt(number).flip());
        }
    }

    /** How much the computation is of a millisecond on one processor, at its best: what disturbs a measurement makes it longer. */
    private static long tokensPerMilli() {
        long tokens = 10_000;
        long best = Long.MAX_VALUE;
        for (int round = 0; round < 2000; round++) {
            long start = System.nanoTime();
            Blackhole.consumeCPU(tokens);
            best = Math.min(best, System.nanoTime() - start);
        }
        return tokens * 1_000_000 / Math.max(1, best);
    }

    KeyValueState filledState() {
        KeyValueState state = new KeyValueState();
        for (ByteString key : keys) {
            state.update(COLUMN, key, value(0));
        }
        return state;
    }

    /** The next block. A counter's new value depends on the one read, so that every conflict is one. */
    Operation<Integer> next() {
        int[] chosen = new int[block];
        for (int index = 0; index < chosen.length; index++) {
            chosen[index] = random.nextInt(100) < conflictPercent ? 0 : random.nextInt(keys.length);
        }
        return (view, index) -> execute(view, keys[chosen[index]]);
    }

    private int execute(CrudState view, ByteString key) {
        int count = view.read(COLUMN, key)
                .map(value -> value.asReadOnlyByteBuffer().getInt())
                .orElse(0);
        if (tokens > 0) {
            Blackhole.consumeCPU(tokens);
        }
        view.update(COLUMN, key, value(count + 1));
        return count;
    }

    private ByteString value(int count) {
        return ByteString.copyFrom(ByteBuffer.allocate(valueBytes).putInt(0, count));
    }
}
