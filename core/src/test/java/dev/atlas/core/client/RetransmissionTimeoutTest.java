package dev.atlas.core.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.net.concurrent.Backoff;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class RetransmissionTimeoutTest {

    private static final Duration FIRST = Duration.ofMillis(500);
    private static final Duration LONGEST = Duration.ofSeconds(5);

    private final RetransmissionTimeout timeout = new RetransmissionTimeout(new Backoff.Policy(FIRST, LONGEST));

    private void answeredAfter(int times, Duration latency) {
        for (int answer = 0; answer < times; answer++) {
            timeout.answeredAfter(latency.toNanos());
        }
    }

    @Test
    void isThePolicysAsLongAsAnswersAreQuick() {
        assertThat(timeout.policy()).isEqualTo(new Backoff.Policy(FIRST, LONGEST));
        answeredAfter(20, Duration.ofMillis(2));
        assertThat(timeout.policy()).isEqualTo(new Backoff.Policy(FIRST, LONGEST));
    }

    @Test
    void evenHalfOfItIsLongerThanAnswersTake() {
        answeredAfter(50, Duration.ofSeconds(2));
        assertThat(timeout.policy().first().dividedBy(2)).isBetween(Duration.ofSeconds(2), Duration.ofMillis(2_001));
        answeredAfter(1, Duration.ofMillis(2_200));
        assertThat(timeout.policy().first().dividedBy(2)).isGreaterThan(Duration.ofMillis(2_200));
    }

    @Test
    void isNeverLongerThanThePolicysLongest() {
        answeredAfter(1, Duration.ofHours(1));
        assertThat(timeout.policy()).isEqualTo(new Backoff.Policy(LONGEST, LONGEST));
    }

    @Test
    void forgetsASlowAnswerWithTheQuickOnesThatFollow() {
        answeredAfter(20, Duration.ofMillis(2));
        answeredAfter(1, Duration.ofSeconds(3));
        assertThat(timeout.policy().first()).isGreaterThan(FIRST);
        answeredAfter(30, Duration.ofMillis(2));
        assertThat(timeout.policy().first()).isEqualTo(FIRST);
    }
}
