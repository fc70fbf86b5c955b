package dev.atlas.core.statetransfer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.core.statetransfer.PartSchedule.Ask;
import dev.atlas.core.statetransfer.PartSchedule.Limits;
import dev.atlas.net.identity.ReplicaId;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** From all sources in parallel, slow or lying ones replaced, memory bounded. */
class PartScheduleTest {

    private static final ReplicaId A = new ReplicaId(1);
    private static final ReplicaId B = new ReplicaId(2);
    private static final ReplicaId C = new ReplicaId(3);
    private static final Limits LIMITS = new Limits(8, 80, 2, 20, Duration.ofNanos(100));

    private PartSchedule schedule(int parts) {
        return new PartSchedule(List.of(A, B, C), parts, index -> 10, LIMITS, index -> false);
    }

    @Test
    void allSourcesAreAskedInParallelForDifferentParts() {
        List<Ask> asks = schedule(100).due(0);
        assertThat(asks).hasSize(6).extracting(Ask::index).containsExactly(0, 1, 2, 3, 4, 5);
        assertThat(asks).extracting(Ask::source).containsOnly(A, B, C);
        assertThat(asks.stream().collect(Collectors.groupingBy(Ask::source, Collectors.counting())))
                .allSatisfy((source, count) -> assertThat(count).isEqualTo(2));
    }

    @Test
    void noPartIsAskedForTwiceWhileItsSourceHasTime() {
        PartSchedule schedule = schedule(6);
        schedule.due(0);
        assertThat(schedule.due(99)).isEmpty();
    }

    @Test
    void whatIsOpenAheadOfTheNextPartIsBounded() {
        PartSchedule schedule = new PartSchedule(
                List.of(A), 100, index -> 10, new Limits(3, 500, 50, 500, Duration.ofNanos(100)), i -> false);
        assertThat(schedule.due(0)).hasSize(3);
        schedule.arrived(A, 1);
        schedule.arrived(A, 2);
        assertThat(schedule.due(1)).as("part 0 is still missing").isEmpty();
        assertThat(schedule.isNextHere()).isFalse();
        schedule.arrived(A, 0);
        assertThat(schedule.isNextHere()).isTrue();
        schedule.handedOver();
        assertThat(schedule.due(2)).containsExactly(new Ask(A, 3));
    }

    @Test
    void whatIsOpenIsBoundedInBytesAsWellAndALargePartPassesAlone() {
        PartSchedule schedule = new PartSchedule(
                List.of(A),
                5,
                index -> index == 3 ? 1000 : 10,
                new Limits(100, 25, 100, 100, Duration.ofNanos(100)),
                index -> false);
        assertThat(schedule.due(0)).extracting(Ask::index).containsExactly(0, 1);
        deliver(schedule, 0);
        assertThat(schedule.due(1)).extracting(Ask::index).containsExactly(2);
        deliver(schedule, 1);
        deliver(schedule, 2);
        assertThat(schedule.due(2)).extracting(Ask::index).containsExactly(3);
        assertThat(schedule.due(3)).as("the large one leaves no room").isEmpty();
        deliver(schedule, 3);
        assertThat(schedule.due(4)).extracting(Ask::index).containsExactly(4);
    }

    private static void deliver(PartSchedule schedule, int index) {
        assertThat(schedule.arrived(A, index)).isTrue();
        schedule.handedOver();
    }

    @Test
    void aSourceIsAskedForNoMoreBytesAtOnceThanItsWindow() {
        PartSchedule schedule = new PartSchedule(
                List.of(A, B),
                100,
                index -> index < 2 ? 40 : 10,
                new Limits(100, 1000, 50, 60, Duration.ofNanos(100)),
                index -> false);
        List<Ask> asks = schedule.due(0);
        assertThat(asks).extracting(Ask::index).containsExactly(0, 1, 2, 3, 4, 5);
        schedule.arrived(asks.getFirst().source(), 0);
        assertThat(schedule.due(1))
                .hasSize(4)
                .allMatch(ask -> ask.source().equals(asks.getFirst().source()));
    }

    @Test
    void partsOfALiarCountNoLonger() {
        PartSchedule schedule = new PartSchedule(
                List.of(A, B), 4, index -> 10, new Limits(100, 1000, 50, 20, Duration.ofNanos(100)), index -> false);
        assertThat(schedule.due(0)).hasSize(4);
        schedule.arrived(A, 0);
        schedule.refused(A, 0);
        assertThat(schedule.due(1)).as("the other's window is full").isEmpty();
        schedule.arrived(B, 1);
        assertThat(schedule.due(2)).containsExactly(new Ask(B, 0));
    }

    @Test
    void aSlowSourcesPartIsAskedForElsewhereAndItGetsOneAtATimeUntilItDelivers() {
        PartSchedule schedule = schedule(100);
        List<Ask> first = schedule.due(0);
        Set<Integer> ofA = first.stream()
                .filter(ask -> ask.source().equals(A))
                .map(Ask::index)
                .collect(Collectors.toSet());
        first.stream()
                .filter(ask -> !ask.source().equals(A))
                .forEach(ask -> schedule.arrived(ask.source(), ask.index()));
        List<Ask> second = schedule.due(100);
        assertThat(second)
                .filteredOn(ask -> ofA.contains(ask.index()))
                .hasSize(2)
                .noneMatch(ask -> ask.source().equals(A));
        assertThat(second).filteredOn(ask -> ask.source().equals(A)).hasSize(1);
    }

    @Test
    void anAnswerThatComesTooLateIsStillTakenButOnlyOnce() {
        PartSchedule schedule = new PartSchedule(List.of(A, B), 1, index -> 10, LIMITS, index -> false);
        assertThat(schedule.due(0)).containsExactly(new Ask(A, 0));
        assertThat(schedule.due(100)).containsExactly(new Ask(B, 0));
        assertThat(schedule.arrived(A, 0)).isTrue();
        assertThat(schedule.arrived(A, 0)).isFalse();
        assertThat(schedule.arrived(B, 0)).as("not needed any more").isFalse();
    }

    @Test
    void whatWasNotAskedForIsNotTaken() {
        PartSchedule schedule = schedule(100);
        List<Ask> asks = schedule.due(0);
        Ask one = asks.getFirst();
        assertThat(schedule.arrived(one.source().equals(A) ? B : A, one.index()))
                .isFalse();
        assertThat(schedule.arrived(A, 99)).isFalse();
        assertThat(schedule.arrived(new ReplicaId(9), 0)).isFalse();
    }

    @Test
    void aLyingSourceIsNeverAskedAgainAndEverythingItWasAskedForIsAskedElsewhere() {
        PartSchedule schedule = schedule(6);
        List<Ask> asks = schedule.due(0);
        Set<Integer> ofA = asks.stream()
                .filter(ask -> ask.source().equals(A))
                .map(Ask::index)
                .collect(Collectors.toSet());
        asks.stream()
                .filter(ask -> !ask.source().equals(A))
                .forEach(ask -> schedule.arrived(ask.source(), ask.index()));
        int wrong = ofA.iterator().next();
        assertThat(schedule.arrived(A, wrong)).isTrue();
        schedule.refused(A, wrong);
        assertThat(schedule.due(1)).extracting(Ask::index).containsExactlyInAnyOrderElementsOf(ofA);
        assertThat(schedule.due(1_000)).noneMatch(ask -> ask.source().equals(A));
        assertThat(schedule.arrived(A, ofA.stream().skip(1).findFirst().orElseThrow()))
                .isFalse();
    }

    @Test
    void whenEverySourceHasLiedTheScheduleIsExhausted() {
        PartSchedule schedule = schedule(6);
        schedule.due(0);
        List.of(A, B, C).forEach(source -> {
            assertThat(schedule.isExhausted()).isFalse();
            schedule.refused(source, 0);
        });
        assertThat(schedule.isExhausted()).isTrue();
        assertThat(schedule.due(5)).isEmpty();
    }

    @Test
    void aSourceWithoutTheStateIsAskedAgainAfterAPauseAndNotBefore() {
        PartSchedule schedule = new PartSchedule(List.of(A), 1, index -> 10, LIMITS, index -> false);
        schedule.due(0);
        schedule.unavailable(A, 0);
        assertThat(schedule.due(49)).isEmpty();
        assertThat(schedule.due(50)).containsExactly(new Ask(A, 0));
    }

    @Test
    void localPartsAreNotAskedFor() {
        PartSchedule schedule = new PartSchedule(List.of(A), 4, index -> 10, LIMITS, index -> index % 2 == 0);
        assertThat(schedule.due(0)).extracting(Ask::index).containsExactly(1, 3);
        assertThat(schedule.isNextHere()).isTrue();
    }

    @Test
    void aStateWithoutPartsIsCompleteAtOnce() {
        assertThat(schedule(0).isComplete()).isTrue();
    }
}
