package dev.atlas.net.concurrent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BackoffTest {

    private static final Backoff.Policy POLICY = new Backoff.Policy(Duration.ofMillis(100), Duration.ofMillis(700));

    private static List<Long> millis(Backoff backoff, int count) {
        return IntStream.range(0, count)
                .mapToObj(attempt -> backoff.next().toMillis())
                .toList();
    }

    @Test
    void delaysDoubleUpToTheLongest() {
        assertThat(millis(new Backoff(POLICY, FixedRandom.LARGEST), 5)).containsExactly(100L, 200L, 400L, 700L, 700L);
    }

    @Test
    void jitterTakesAwayHalfOfTheStepAtMost() {
        assertThat(millis(new Backoff(POLICY, FixedRandom.SMALLEST), 5)).containsExactly(50L, 100L, 200L, 350L, 350L);
    }

    @Test
    void aSuccessBeginsAgainWithTheFirst() {
        Backoff backoff = new Backoff(POLICY, FixedRandom.LARGEST);
        millis(backoff, 4);
        backoff.reset();
        assertThat(millis(backoff, 2)).containsExactly(100L, 200L);
    }

    @Test
    void firstAndLongestMayBeEqual() {
        Duration second = Duration.ofSeconds(1);
        Backoff backoff = new Backoff(new Backoff.Policy(second, second), FixedRandom.LARGEST);
        assertThat(millis(backoff, 3)).containsExactly(1000L, 1000L, 1000L);
    }

    @Test
    void neverOverflows() {
        Duration forEver = Duration.ofSeconds(Long.MAX_VALUE);
        Backoff backoff = new Backoff(new Backoff.Policy(Duration.ofDays(30), forEver), FixedRandom.SMALLEST);
        Duration previous = Duration.ZERO;
        for (int attempt = 0; attempt < 100; attempt++) {
            Duration next = backoff.next();
            assertThat(next).isGreaterThanOrEqualTo(previous).isPositive();
            previous = next;
        }
    }

    @Test
    void refusesAPolicyWithoutDelayOrThatShrinks() {
        Duration second = Duration.ofSeconds(1);
        assertThatIllegalArgumentException().isThrownBy(() -> new Backoff.Policy(Duration.ZERO, second));
        assertThatIllegalArgumentException().isThrownBy(() -> new Backoff.Policy(second.negated(), second));
        assertThatIllegalArgumentException().isThrownBy(() -> new Backoff.Policy(second, Duration.ofMillis(999)));
    }
}
