package dev.atlas.it.sim.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.atlas.exec.state.KeyValueReply;
import dev.atlas.exec.state.KeyValueRequest;
import dev.atlas.it.sim.history.RandomHistory.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LinearizabilityCheckerTest {

    private static final Verdict LINEARIZABLE = new Verdict.Linearizable();

    private static final LinearizabilityChecker<?, KeyValueRequest, KeyValueReply> CHECKER =
            new LinearizabilityChecker<>(new KeyValueModel());

    private static Verdict check(History<KeyValueRequest, KeyValueReply> history) {
        return CHECKER.check(history);
    }

    @ParameterizedTest
    @EnumSource
    void badHistoriesAreFoundOut(Bad bad) {
        History<KeyValueRequest, KeyValueReply> history = HistoryScript.of(bad.script);
        assertThat(EveryOrder.explains(history)).as("by definition").isFalse();
        assertThat(check(history))
                .isInstanceOfSatisfying(
                        Verdict.Violation.class,
                        violation -> assertThat(violation.partition()).isEqualTo("x"));
    }

    @ParameterizedTest
    @EnumSource
    void goodHistoriesAreLetThrough(Good good) {
        History<KeyValueRequest, KeyValueReply> history = HistoryScript.of(good.script);
        assertThat(EveryOrder.explains(history)).as("by definition").isTrue();
        assertThat(check(history)).isEqualTo(LINEARIZABLE);
    }

    @Test
    void smallHistoriesGetTheVerdictOfTheDefinition() {
        int violations = 0;
        for (long seed = 0; seed < 30_000; seed++) {
            Shape shape = new Shape(
                    2 + (int) (seed % 3), 3 + (int) (seed % 4), 1 + (int) (seed % 2), 2, 0.2, (int) (seed % 3));
            History<KeyValueRequest, KeyValueReply> history = RandomHistory.draw(seed, shape);
            boolean explained = EveryOrder.explains(history);
            assertThat(check(history).equals(LINEARIZABLE)).as("seed %s", seed).isEqualTo(explained);
            violations += explained ? 0 : 1;
        }
        assertThat(violations).as("both verdicts are there").isBetween(3_000, 27_000);
    }

    @Test
    void whatASequentialStoreAnswersIsLinearizableHoweverCallsOverlap() {
        for (long seed = 0; seed < 500; seed++) {
            Shape shape = new Shape(
                    1 + (int) (seed % 18), 300 + (int) (seed % 700), 1 + (int) (seed % 6), 1000, seed % 4 * 0.1, 0);
            assertThat(check(RandomHistory.draw(seed, shape)))
                    .as("seed %s", seed)
                    .isEqualTo(LINEARIZABLE);
        }
    }

    @Test
    void fewDifferentValuesMakeTheSearchHarderAndNotUndecided() {
        for (long seed = 0; seed < 200; seed++) {
            Shape shape = new Shape(1 + (int) (seed % 12), 300, 2, 3, 0.1, 0);
            assertThat(check(RandomHistory.draw(seed, shape)))
                    .as("seed %s", seed)
                    .isEqualTo(LINEARIZABLE);
        }
    }

    @Test
    void oneWrongAnswerAmongHundredsIsFound() {
        int found = 0;
        for (long seed = 0; seed < 200; seed++) {
            Shape shape = new Shape(6, 300, 3, 1000, 0.05, 1);
            found += check(RandomHistory.draw(seed, shape)) instanceof Verdict.Violation ? 1 : 0;
        }
        // Some wrong answers could have been given in another order, some were not told at all.
        assertThat(found).isGreaterThan(150);
    }

    @Test
    void workIsBounded() {
        History<KeyValueRequest, KeyValueReply> history = RandomHistory.draw(1, new Shape(6, 300, 1, 1000, 0.05, 0));
        assertThat(new LinearizabilityChecker<>(new KeyValueModel(), 10).check(history))
                .isEqualTo(new Verdict.Undecided("k0", 10));
    }

    @Test
    void aViolationOutweighsAPartThatIsUndecided() {
        StringBuilder script = new StringBuilder();
        for (int number = 0; number < 30; number++) {
            script.append("a put y 1\na = ").append(number == 0 ? "-" : "1").append('\n');
        }
        assertThat(new LinearizabilityChecker<>(new KeyValueModel(), 20)
                        .check(HistoryScript.of(script + "a get x\na = 7")))
                .isInstanceOf(Verdict.Violation.class);
    }

    @Test
    void theExplanationNamesTheAnswerTheStateAndWhatElseWasGoingOn() {
        assertThat(check(HistoryScript.of("""
                        a put x 1
                        a = -
                        b put x 2
                        b lost
                        c get x
                        c = 3
                        a get x
                        a = 1
                        """))).isInstanceOfSatisfying(Verdict.Violation.class, violation -> {
            assertThat(violation.explanation())
                    .contains(
                            "#2 of c: get = \"3\"",
                            "#0 of a: put \"1\" = absent",
                            "#1 of b: put \"2\", outcome unknown",
                            "may have been\n  \"1\"\n");
            assertThat(violation.explanation()).as("later answers").doesNotContain("#3");
        });
    }

    @Test
    void equalHistoriesGetEqualVerdicts() {
        for (long seed = 0; seed < 50; seed++) {
            Shape shape = new Shape(6, 100, 2, 3, 0.1, 2);
            assertThat(check(RandomHistory.draw(seed, shape))).isEqualTo(check(RandomHistory.draw(seed, shape)));
        }
    }

    @Test
    void whatHasEndedCannotEndAgain() {
        History<KeyValueRequest, KeyValueReply> history = HistoryScript.of("a delete x\na = -");
        assertThatThrownBy(() -> history.abandon(0)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void anOperationOnEverythingHasNoPartition() {
        History<KeyValueRequest, KeyValueReply> history = new History<>();
        history.invoke("a", new KeyValueRequest.Size(), 0);
        assertThatThrownBy(() -> check(history)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void otherObjectsFitLikewise() {
        SequentialModel<Integer, Integer, Integer> counter = new SequentialModel<>() {
            @Override
            public String partition(Integer input) {
                return "counter";
            }

            @Override
            public Integer initial() {
                return 0;
            }

            @Override
            public Step<Integer, Integer> apply(Integer state, Integer added) {
                return new Step<>(state + added, state + added);
            }

            @Override
            public String describe(Integer state) {
                return state.toString();
            }

            @Override
            public String describeInput(Integer input) {
                return "+" + input;
            }

            @Override
            public String describeOutput(Integer output) {
                return output.toString();
            }
        };
        History<Integer, Integer> twice = new History<>();
        int first = twice.invoke("a", 5, 0);
        int second = twice.invoke("b", 7, 1);
        twice.complete(second, 7, 2);
        twice.complete(first, 12, 3);
        assertThat(new LinearizabilityChecker<>(counter).check(twice)).isEqualTo(LINEARIZABLE);
        twice.complete(twice.invoke("a", 1, 4), 12, 5);
        assertThat(new LinearizabilityChecker<>(counter).check(twice)).isInstanceOf(Verdict.Violation.class);
    }
}
