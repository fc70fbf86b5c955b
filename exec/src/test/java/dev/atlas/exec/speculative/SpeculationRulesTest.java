package dev.atlas.exec.speculative;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.CrudState;
import dev.atlas.exec.state.KeyValueState;
import dev.atlas.net.env.SystemEnvironment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What the interface of an application promises of speculation, beside equal results. */
class SpeculationRulesTest {

    private static final int SCHEDULES = 300;
    private static final ByteString LEFT = ByteString.copyFromUtf8("left");
    private static final ByteString RIGHT = ByteString.copyFromUtf8("right");

    private static <R> List<R> run(long seed, int count, Operation<R> operation) {
        return run(seed, new KeyValueState(), count, operation);
    }

    private static <R> List<R> run(long seed, CrudState state, int count, Operation<R> operation) {
        SeededEnvironment environment = new SeededEnvironment(seed);
        PlantedRules rules = new PlantedRules();
        rules.interleaveIn(environment);
        SpeculativeRunner runner = new SpeculativeRunner(environment, SpeculationSettings.always(4), rules);
        List<R> results = new ArrayList<>();
        environment.run(() -> results.addAll(runner.run(state, count, operation)));
        return results;
    }

    private static int increment(CrudState view, ByteString key) {
        int before = view.read("c", key).map(SpeculationRulesTest::number).orElse(0);
        view.update("c", key, ByteString.copyFromUtf8(Integer.toString(before + 1)));
        return before;
    }

    private static int number(ByteString value) {
        return Integer.parseInt(value.toStringUtf8());
    }

    @Test
    void anErrorOfTheOperationItselfIsThrown() {
        for (int seed = 0; seed < SCHEDULES; seed++) {
            int schedule = seed;
            assertThatThrownBy(() -> run(schedule, 10, (view, index) -> {
                        if (increment(view, LEFT) == 5) {
                            throw new StackOverflowError("the sixth");
                        }
                        return index;
                    }))
                    .hasRootCauseInstanceOf(StackOverflowError.class)
                    .hasRootCauseMessage("the sixth");
        }
    }

    /** When operations together exhaust the memory, any of them may be told, also one that would have done with it alone. */
    @Test
    void anErrorThatAnOperationDoesNotThrowAtItsTurnIsForgotten() {
        for (int seed = 0; seed < SCHEDULES; seed++) {
            KeyValueState state = new KeyValueState();
            AtomicIntegerArray executions = new AtomicIntegerArray(12);
            List<Integer> results = run(seed, state, 12, (view, index) -> {
                increment(view, ByteString.copyFromUtf8("k" + index));
                if (executions.incrementAndGet(index) == 1 && index % 3 == 0) {
                    throw new OutOfMemoryError("too many at once");
                }
                return index;
            });
            assertThat(results).isEqualTo(IntStream.range(0, 12).boxed().toList());
            for (int index = 0; index < 12; index++) {
                assertThat(executions.get(index)).as("executions").isEqualTo(index % 3 == 0 ? 2 : 1);
                assertThat(state.read("c", ByteString.copyFromUtf8("k" + index)))
                        .contains(ByteString.copyFromUtf8("1"));
            }
        }
    }

    @Test
    void whateverInconsistentReadsThrowIsForgotten() {
        for (int seed = 0; seed < SCHEDULES; seed++) {
            List<Integer> results = run(seed, 12, (view, index) -> {
                int left = increment(view, LEFT);
                if (increment(view, RIGHT) != left) {
                    throw new StackOverflowError("inconsistent");
                }
                return left;
            });
            assertThat(results).isEqualTo(IntStream.range(0, 12).boxed().toList());
        }
    }

    @Test
    void aLoopThatOnlyConsistentReadsEndIsStopped() {
        for (int seed = 0; seed < SCHEDULES; seed++) {
            List<Integer> results = run(seed, 8, (view, index) -> {
                while (!view.read("c", LEFT).equals(view.read("c", RIGHT))) {
                    // With repeatable reads this goes on for ever.
                }
                increment(view, LEFT);
                return increment(view, RIGHT);
            });
            assertThat(results).isEqualTo(IntStream.range(0, 8).boxed().toList());
        }
    }

    @Test
    void anOperationRunsABoundedNumberOfTimes() {
        for (int seed = 0; seed < SCHEDULES; seed++) {
            AtomicIntegerArray executions = new AtomicIntegerArray(40);
            run(seed, 40, (view, index) -> {
                executions.incrementAndGet(index);
                return increment(view, LEFT);
            });
            for (int index = 0; index < 40; index++) {
                assertThat(executions.get(index)).isBetween(1, Block.INCARNATIONS + 1);
            }
        }
    }

    @Test
    void operationsOnDifferentKeysRunOnceEachHoweverOftenTheyReadWhatTheyWrite() {
        for (int seed = 0; seed < SCHEDULES; seed++) {
            AtomicIntegerArray executions = new AtomicIntegerArray(20);
            run(seed, 20, (view, index) -> {
                executions.incrementAndGet(index);
                ByteString key = ByteString.copyFromUtf8("k" + index);
                increment(view, key);
                view.delete("c", key);
                view.create("c", key, LEFT);
                return view.read("c", key);
            });
            for (int index = 0; index < 20; index++) {
                assertThat(executions.get(index)).isEqualTo(1);
            }
        }
    }

    @Test
    void aViewIsOfNoUseAfterItsOperation() {
        AtomicReference<CrudState> kept = new AtomicReference<>();
        run(1, 2, (view, index) -> {
            kept.set(view);
            return index;
        });
        assertThatThrownBy(() -> kept.get().read("c", LEFT)).isInstanceOf(IllegalStateException.class);
    }

    /** Each replica chooses between the two by its own pace: what one refuses and the other does not makes two states of one. */
    @Test
    void whatSpeculationRefusesIsRefusedWithoutItToo() {
        String half = "\uD800";
        for (Operation<String> operation : List.<Operation<String>>of(
                (view, index) -> Long.toString(((KeyValueState) view).size()),
                (view, index) -> text(view.read("absent", null)),
                (view, index) -> text(view.update("absent", null, LEFT)),
                (view, index) -> text(view.update(null, LEFT, LEFT)),
                (view, index) -> text(view.read(half, LEFT)),
                (view, index) -> text(view.create(half, LEFT, LEFT)),
                (view, index) -> text(view.update(half, LEFT, LEFT)),
                (view, index) -> text(view.update(half, LEFT, null)),
                (view, index) -> text(view.delete(half, LEFT)),
                (view, index) -> text(view.update("c", LEFT, null)))) {
            KeyValueState speculated = new KeyValueState();
            List<String> speculative = run(1, speculated, 3, refusing(operation));
            KeyValueState sequenced = new KeyValueState();
            assertThat(sequential().run(sequenced, 3, refusing(operation))).isEqualTo(speculative);
            assertThat(speculative).hasSize(3).allMatch(result -> result.contains("Exception"));
            assertThat(sequenced.size()).isZero();
            assertThat(speculated.size()).isZero();
        }
    }

    /** A state of an author's own may think otherwise of it than speculation, which never asks. */
    @Test
    void aValueThatIsNullIsRefusedAlikeWhateverTheStateMakesOfIt() {
        for (Operation<String> operation : List.<Operation<String>>of(
                (view, index) -> text(view.update("c", LEFT, null)),
                (view, index) -> text(view.update("c", RIGHT, null)),
                (view, index) -> text(view.create("c", LEFT, null)),
                (view, index) -> text(view.create("c", RIGHT, null)),
                (view, index) -> text(view.update(null, LEFT, null)))) {
            ForgivingState speculated = new ForgivingState();
            List<String> speculative = run(1, speculated, 3, refusing(operation));
            ForgivingState sequenced = new ForgivingState();
            assertThat(sequential().run(sequenced, 3, refusing(operation))).isEqualTo(speculative);
            assertThat(sequenced.entries).isEqualTo(speculated.entries).containsOnlyKeys(RIGHT);
        }
    }

    /** Takes null for no value. */
    private static final class ForgivingState implements CrudState {
        private final Map<ByteString, ByteString> entries = new HashMap<>(Map.of(RIGHT, LEFT));

        @Override
        public Optional<ByteString> read(String column, ByteString key) {
            if (column == null) {
                throw new IllegalArgumentException("no column");
            }
            return Optional.ofNullable(entries.get(key));
        }

        @Override
        public boolean create(String column, ByteString key, ByteString value) {
            return read(column, key).isEmpty() && update(column, key, value).isEmpty();
        }

        @Override
        public Optional<ByteString> update(String column, ByteString key, ByteString value) {
            Optional<ByteString> before = read(column, key);
            entries.compute(key, (same, old) -> value);
            return before;
        }

        @Override
        public Optional<ByteString> delete(String column, ByteString key) {
            return update(column, key, null);
        }
    }

    @Test
    void aViewThatIsKeptIsOfNoUseToTheNextOperationWithoutSpeculationEither() {
        AtomicReference<CrudState> kept = new AtomicReference<>();
        List<String> results = sequential().run(new KeyValueState(), 2, refusing((view, index) -> {
            if (index == 0) {
                kept.set(view);
            }
            return text(kept.get().update("c", LEFT, RIGHT));
        }));
        assertThat(results)
                .containsExactly(
                        "Optional.empty", "IllegalStateException: the view was used after its operation had ended");
    }

    private static SpeculativeRunner sequential() {
        return new SpeculativeRunner(new SeededEnvironment(1), SpeculationSettings.always(1));
    }

    private static String text(Object found) {
        return found.toString();
    }

    /** As an executor does: an exception is a result, by its class and, where it is not the virtual machine's, its message. */
    private static Operation<String> refusing(Operation<String> operation) {
        return (view, index) -> {
            try {
                return operation.execute(view, index);
            } catch (NullPointerException | ClassCastException unspoken) {
                return unspoken.getClass().getSimpleName();
            } catch (RuntimeException refused) {
                return refused.getClass().getSimpleName() + ": " + refused.getMessage();
            }
        };
    }

    @Test
    void manyLocationsInOneOperationAreAllRemembered() {
        KeyValueState state = new KeyValueState();
        List<Integer> results = run(3, state, 6, (view, index) -> {
            int sum = 0;
            for (int key = 0; key < 50; key++) {
                sum += increment(view, ByteString.copyFromUtf8("k" + key));
                sum += increment(view, ByteString.copyFromUtf8("k" + key));
            }
            return sum;
        });
        assertThat(results).containsExactly(50, 250, 450, 650, 850, 1050);
        assertThat(state.size()).isEqualTo(50);
    }

    /** Each write copies the list of a location's versions, and how many operations a batch brings is for a faulty primary to choose. */
    @Test
    void howManyVersionsALocationHasDoesNotDependOnHowManyOperationsThereAre() {
        int operations = 30_000;
        AtomicInteger lastWriter = new AtomicInteger();
        Rules rules = new Rules() {
            @Override
            Optional<ByteString> value(Cell cell, Version version) {
                lastWriter.accumulateAndGet(version.writer, Math::max);
                return super.value(cell, version);
            }
        };
        KeyValueState state = new KeyValueState();
        try (SystemEnvironment environment = SystemEnvironment.create("many", 4)) {
            assertThat(new SpeculativeRunner(environment, SpeculationSettings.always(4), rules)
                            .run(state, operations, (view, index) -> increment(view, LEFT)))
                    .isEqualTo(IntStream.range(0, operations).boxed().toList());
        }
        assertThat(state.read("c", LEFT)).contains(ByteString.copyFromUtf8(Integer.toString(operations)));
        assertThat(lastWriter.get()).isBetween(1000, 5000);
    }

    @Test
    void theStateIsUntouchedUntilAllOperationsAreDone() {
        KeyValueState state = new KeyValueState();
        run(5, state, 30, (view, index) -> {
            assertThat(state.size()).isZero();
            return increment(view, ByteString.copyFromUtf8("k" + index % 3));
        });
        assertThat(state.size()).isEqualTo(3);
    }
}
