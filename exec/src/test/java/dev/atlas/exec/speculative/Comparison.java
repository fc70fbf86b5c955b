package dev.atlas.exec.speculative;

import dev.atlas.exec.state.KeyValueState;
import dev.atlas.net.env.Environment;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** One random block, executed sequentially and speculatively: results, state and digests must be equal. */
final class Comparison {

    private Comparison() {}

    /** What takes this long loops for ever: nearly all seeds take milliseconds. */
    static final Duration DEADLINE = Duration.ofSeconds(30);

    /** The same, where a block that has not come to its end by the deadline is not equal; a thread is then left behind. */
    static boolean equalInSeededSchedule(long seed, PlantedRules rules, Duration deadline) throws Exception {
        FutureTask<Boolean> comparison = new FutureTask<>(() -> equalInSeededSchedule(seed, rules));
        Thread.ofPlatform().daemon().name("seed " + seed).start(comparison);
        try {
            return comparison.get(deadline.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException hanging) {
            rules.abandon();
            return false;
        }
    }

    /** In a schedule that the seed gives; the rules are given the environment to yield in. */
    private static boolean equalInSeededSchedule(long seed, PlantedRules rules) {
        SeededEnvironment environment = new SeededEnvironment(seed);
        rules.interleaveIn(environment);
        boolean[] equal = new boolean[1];
        environment.run(() -> equal[0] = equal(new Random(seed), environment, rules));
        return equal[0];
    }

    static boolean equal(Random random, Environment environment, Rules rules) {
        int size = RandomOperations.size(random);
        RandomOperations operations = RandomOperations.of(random);
        KeyValueState expected = new KeyValueState();
        operations.fill(expected);
        KeyValueState state = expected.snapshot();
        List<String> results = new ArrayList<>();
        for (int index = 0; index < size; index++) {
            results.add(operations.execute(expected, index));
        }
        SpeculationSettings settings = SpeculationSettings.always(2 + random.nextInt(5));
        List<String> speculative = new SpeculativeRunner(environment, settings, rules).run(state, size, operations);
        return speculative.equals(results)
                && bytes(state).equals(bytes(expected))
                && state.parts().equals(expected.parts());
    }

    private static String bytes(KeyValueState state) {
        ByteArrayOutputStream target = new ByteArrayOutputStream();
        try {
            state.writeTo(target);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return target.toString(java.nio.charset.StandardCharsets.ISO_8859_1);
    }
}
