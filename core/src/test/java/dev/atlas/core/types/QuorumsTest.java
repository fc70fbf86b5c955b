package dev.atlas.core.types;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class QuorumsTest {

    static IntStream sizes() {
        return IntStream.rangeClosed(1, 100);
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void faultsAreTheMostThatLeaveMoreThanTwoThirdsCorrect(int n) {
        int f = new Quorums(n).faults();
        assertThat(3 * f).isLessThan(n);
        assertThat(3 * (f + 1)).isGreaterThanOrEqualTo(n);
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void anyTwoQuorumsShareACorrectMember(int n) {
        Quorums quorums = new Quorums(n);
        assertThat(2 * quorums.quorum() - n).isGreaterThanOrEqualTo(quorums.faults() + 1);
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void aSmallerQuorumWouldNotDo(int n) {
        Quorums quorums = new Quorums(n);
        assertThat(2 * (quorums.quorum() - 1) - n).isLessThan(quorums.faults() + 1);
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void theCorrectMembersAloneAreAQuorumAndAWeakQuorumHasOneOfThem(int n) {
        Quorums quorums = new Quorums(n);
        assertThat(quorums.quorum()).isLessThanOrEqualTo(n - quorums.faults());
        assertThat(quorums.weakQuorum()).isEqualTo(quorums.faults() + 1);
    }

    @org.junit.jupiter.api.Test
    void twoFPlusOneIsNotAQuorumOfFiveOrSix() {
        assertThat(new Quorums(5).quorum()).isEqualTo(4);
        assertThat(new Quorums(6).quorum()).isEqualTo(4);
        assertThatThrownBy(() -> new Quorums(0)).isInstanceOf(IllegalArgumentException.class);
    }
}
