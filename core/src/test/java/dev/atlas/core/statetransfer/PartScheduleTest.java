package dev.atlas.core.statetransfer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.core.statetransfer.PartSchedule.Ask;
import dev.atlas.core.statetransfer.PartSchedule.Limits;
import dev.atlas.core.statetransfer.SimulatedSources.Behaviour;
import dev.atlas.net.identity.ReplicaId;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** From all sources in parallel, slow or lying ones replaced, none of them setting the pace, memory bounded. */
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
        schedule.arrived(A, 1, 0);
        schedule.arrived(A, 2, 0);
        assertThat(schedule.due(1)).as("part 0 is still missing").isEmpty();
        assertThat(schedule.isNextHere()).isFalse();
        schedule.arrived(A, 0, 0);
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
        assertThat(schedule.arrived(A, index, 0)).isTrue();
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
        schedule.arrived(asks.getFirst().source(), 0, 0);
        assertThat(schedule.due(1))
                .hasSize(4)
                .allMatch(ask -> ask.source().equals(asks.getFirst().source()));
    }

    @Test
    void partsOfALiarCountNoLonger() {
        PartSchedule schedule = new PartSchedule(
                List.of(A, B), 4, index -> 10, new Limits(100, 1000, 50, 20, Duration.ofNanos(100)), index -> false);
        assertThat(schedule.due(0)).hasSize(4);
        schedule.arrived(A, 0, 0);
        schedule.refused(A, 0);
        assertThat(schedule.due(1)).as("the other's window is full").isEmpty();
        schedule.arrived(B, 1, 0);
        assertThat(schedule.due(2)).containsExactly(new Ask(B, 0));
    }

    @Test
    void aSlowSourcesPartIsAskedForElsewhereAndAfterARestItGetsOneAtATimeUntilItDelivers() {
        PartSchedule schedule = schedule(100);
        List<Ask> first = schedule.due(0);
        Set<Integer> ofA = first.stream()
                .filter(ask -> ask.source().equals(A))
                .map(Ask::index)
                .collect(Collectors.toSet());
        deliverOfOthers(schedule, first, 0);
        List<Ask> second = schedule.due(100);
        assertThat(second)
                .filteredOn(ask -> ofA.contains(ask.index()))
                .hasSize(2)
                .noneMatch(ask -> ask.source().equals(A));
        assertThat(second).as("it rests").noneMatch(ask -> ask.source().equals(A));
        deliverOfOthers(schedule, second, 100);
        while (schedule.isNextHere()) {
            schedule.handedOver();
        }
        List<Ask> third = schedule.due(1_099);
        assertThat(third).as("it rests still").noneMatch(ask -> ask.source().equals(A));
        deliverOfOthers(schedule, third, 1_099);
        while (schedule.isNextHere()) {
            schedule.handedOver();
        }
        assertThat(schedule.due(1_100))
                .filteredOn(ask -> ask.source().equals(A))
                .hasSize(1);
    }

    private static void deliverOfOthers(PartSchedule schedule, List<Ask> asks, long nowNanos) {
        asks.stream()
                .filter(ask -> !ask.source().equals(A))
                .forEach(ask -> schedule.arrived(ask.source(), ask.index(), nowNanos));
    }

    /** One may be faulty: were two to rest, that one could be all that is left. */
    @Test
    void noMoreSourcesRestThanMayBeFaulty() {
        PartSchedule schedule = schedule(100);
        schedule.due(0);
        assertThat(schedule.due(100)).as("nobody has delivered").hasSize(2);
    }

    @Test
    void aSourceAtRestIsAskedWhenNobodyElseHasTheState() {
        PartSchedule schedule = schedule(100);
        deliverOfOthers(schedule, schedule.due(0), 0);
        schedule.due(100);
        schedule.unavailable(B, 100);
        schedule.unavailable(C, 100);
        assertThat(schedule.due(101)).extracting(Ask::source).containsOnly(A);
    }

    @Test
    void whoIsWaitedForTogetherWithTooManyOthersDoesNotRest() {
        PartSchedule schedule = schedule(6);
        assertThat(schedule.due(0)).contains(new Ask(A, 0), new Ask(B, 1), new Ask(C, 2));
        assertThat(schedule.due(50)).isEmpty();
        schedule.arrived(A, 0, 50);
        schedule.arrived(C, 2, 50);
        schedule.refused(C, 2);
        assertThat(schedule.due(51)).containsExactly(new Ask(A, 2));
    }

    /** Its part has come from another in the end, and the executor has not taken that for long. */
    @Test
    void theTimeThatAHandOverTakesIsNotThatOfTheSourceThatWasWaitedFor() {
        PartSchedule schedule = schedule(100);
        deliverOfOthers(schedule, schedule.due(0), 0);
        deliverOfOthers(schedule, schedule.due(0), 0);
        List<Ask> again = schedule.due(100);
        assertThat(again).contains(new Ask(B, 0)).hasSize(2);
        again.stream().filter(ask -> ask.index() != 0).forEach(ask -> schedule.arrived(ask.source(), ask.index(), 100));
        assertThat(schedule.due(100)).as("all waits for B").isEmpty();
        schedule.arrived(A, 0, 101);
        while (schedule.isNextHere()) {
            schedule.handedOver();
        }
        schedule.arrived(B, 0, 1_000);
        assertThat(schedule.due(1_000)).extracting(Ask::source).contains(B);
    }

    @Test
    void aSilentSourceCostsASmallShareOfTheWhole() {
        assertThat(slowdown(1, Behaviour::silent)).isLessThan(1.5);
    }

    @ParameterizedTest
    @ValueSource(longs = {100, 250, 500, 1000, 1999, 2001})
    void aSourceThatAlwaysDeliversAtTheSameTimeCostsASmallShareOfTheWhole(long millis) {
        assertThat(slowdown(1, () -> Behaviour.answeringAfter(Duration.ofMillis(millis))))
                .isLessThan(1.5);
    }

    @Test
    void aSourceThatDeliversDropByDropCostsASmallShareOfTheWhole() {
        assertThat(slowdown(1, () -> Behaviour.answeringOneIn(Duration.ofMillis(30))))
                .isLessThan(1.5);
    }

    @Test
    void aSourceThatSaysJustInTimeThatItHasNothingCostsASmallShareOfTheWhole() {
        assertThat(slowdown(1, () -> Behaviour.unavailableAfter(Duration.ofMillis(1999))))
                .isLessThan(1.5);
    }

    @Test
    void asManyAsMayBeFaultyCostASmallShareTogether() {
        assertThat(slowdown(2, Behaviour::silent)).isLessThan(1.5);
        assertThat(slowdown(2, () -> Behaviour.answeringAfter(Duration.ofMillis(1999))))
                .isLessThan(1.5);
    }

    @Test
    void aFaultySourceCostsASmallShareOfLargePartsToo() {
        assertThat(slowdown(1, 128, 8 << 20, Behaviour::silent)).isLessThan(1.5);
        assertThat(slowdown(1, 128, 8 << 20, () -> Behaviour.answeringAfter(Duration.ofMillis(1999))))
                .isLessThan(1.5);
    }

    private static double slowdown(int faulty, Supplier<Behaviour> behaviour) {
        return slowdown(faulty, 65_536, 16 << 10, behaviour);
    }

    /** How many times as long the transfer takes as without faults. */
    private static double slowdown(int faulty, int parts, long bytes, Supplier<Behaviour> behaviour) {
        List<Behaviour> behaviours = Stream.generate(behaviour).limit(faulty).toList();
        Duration with = SimulatedSources.transfer(behaviours, 3 * faulty, parts, bytes);
        Duration without = SimulatedSources.transfer(List.of(), 3 * faulty, parts, bytes);
        return (double) with.toNanos() / without.toNanos();
    }

    @Test
    void anAnswerThatComesTooLateIsStillTakenButOnlyOnce() {
        PartSchedule schedule = new PartSchedule(List.of(A, B), 1, index -> 10, LIMITS, index -> false);
        assertThat(schedule.due(0)).containsExactly(new Ask(A, 0));
        assertThat(schedule.due(100)).containsExactly(new Ask(B, 0));
        assertThat(schedule.arrived(A, 0, 0)).isTrue();
        assertThat(schedule.arrived(A, 0, 0)).isFalse();
        assertThat(schedule.arrived(B, 0, 0)).as("not needed any more").isFalse();
    }

    @Test
    void whatWasNotAskedForIsNotTaken() {
        PartSchedule schedule = schedule(100);
        List<Ask> asks = schedule.due(0);
        Ask one = asks.getFirst();
        assertThat(schedule.arrived(one.source().equals(A) ? B : A, one.index(), 0))
                .isFalse();
        assertThat(schedule.arrived(A, 99, 0)).isFalse();
        assertThat(schedule.arrived(new ReplicaId(9), 0, 0)).isFalse();
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
                .forEach(ask -> schedule.arrived(ask.source(), ask.index(), 0));
        int wrong = ofA.iterator().next();
        assertThat(schedule.arrived(A, wrong, 0)).isTrue();
        schedule.refused(A, wrong);
        assertThat(schedule.due(1)).extracting(Ask::index).containsExactlyInAnyOrderElementsOf(ofA);
        assertThat(schedule.due(1_000)).noneMatch(ask -> ask.source().equals(A));
        assertThat(schedule.arrived(A, ofA.stream().skip(1).findFirst().orElseThrow(), 0))
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
