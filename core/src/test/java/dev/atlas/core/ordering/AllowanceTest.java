package dev.atlas.core.ordering;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.net.identity.ReplicaId;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AllowanceTest {

    private static final long SECOND = 1_000_000_000;
    private static final ReplicaId PEER = new ReplicaId(1);
    private static final ReplicaId OTHER = new ReplicaId(2);

    @Test
    void whatIsSpentComesBackInTimeAndOnePeerSpendsNothingOfAnother() {
        Allowance allowance = new Allowance(1000);
        allowance.spend(PEER, 0, 1500);
        assertThat(allowance.isLeft(PEER, 0)).isFalse();
        assertThat(allowance.isLeft(OTHER, 0)).isTrue();
        assertThat(allowance.isLeft(PEER, SECOND / 2)).isFalse();
        assertThat(allowance.isLeft(PEER, SECOND / 2 + SECOND / 100)).isTrue();
    }

    @Test
    void whoAskedForNothingHasSavedASecondsWorth() {
        Allowance allowance = new Allowance(1000);
        allowance.spend(PEER, 0, 1);
        allowance.spend(PEER, 100 * SECOND, 999);
        assertThat(allowance.isLeft(PEER, 100 * SECOND)).isTrue();
        allowance.spend(PEER, 100 * SECOND, 1);
        assertThat(allowance.isLeft(PEER, 100 * SECOND)).isFalse();
    }

    @Test
    void inAnyTimeNoMoreIsAnsweredThanTheRateAndOneSecondsWorthAndOneAnswer() {
        Random random = new Random(1);
        Allowance allowance = new Allowance(10_000);
        long start = -5 * SECOND; // any origin is allowed, below zero too
        long now = start;
        long answered = 0;
        while (now < start + 20 * SECOND) {
            now += random.nextInt(1_000_000);
            int wanted = random.nextInt(3000);
            if (allowance.isLeft(PEER, now)) {
                allowance.spend(PEER, now, wanted);
                answered += wanted;
            }
        }
        assertThat(answered).isBetween(200_000L, 210_000L + 3000);
    }
}
