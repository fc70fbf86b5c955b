package dev.atlas.replica.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.net.identity.ReplicaId;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class InboundBudgetTest {

    private static final ReplicaId GREEDY = new ReplicaId(1);
    private static final ReplicaId MODEST = new ReplicaId(2);
    private static final int LARGE = 16 << 20;

    private final InboundBudget budget = new InboundBudget(List.of(GREEDY, MODEST), 100);

    private FutureTask<Boolean> taking(ReplicaId peer, int bytes) {
        FutureTask<Boolean> task = new FutureTask<>(() -> budget.take(peer, bytes));
        Thread thread = Thread.ofPlatform().daemon().start(task);
        while (!task.isDone() && thread.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
        return task;
    }

    @Test
    void asManySmallLettersAsThereArePlacesPassAndTheNextWaits() throws Exception {
        for (int letter = 0; letter < 100; letter++) {
            assertThat(budget.take(GREEDY, 100)).isTrue();
        }
        FutureTask<Boolean> next = taking(GREEDY, 100);
        assertThat(next).isNotDone();
        budget.giveBack(GREEDY, 100);
        assertThat(next.get(20, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aLargeFramePassesAloneAndTheNextWaitsForIt() throws Exception {
        assertThat(budget.take(GREEDY, LARGE)).isTrue();
        FutureTask<Boolean> next = taking(GREEDY, LARGE);
        assertThat(next).isNotDone();
        budget.giveBack(GREEDY, LARGE);
        assertThat(next.get(20, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aFrameTakesUpPlacesInProportionToItsSize() throws Exception {
        for (int frame = 0; frame < 10; frame++) {
            assertThat(budget.take(GREEDY, 9 * InboundBudget.BYTES_PER_PLACE)).isTrue();
        }
        assertThat(taking(GREEDY, 0)).isNotDone();
    }

    @Test
    void onePeersFramesTakeNothingFromAnother() throws Exception {
        assertThat(budget.take(GREEDY, LARGE)).isTrue();
        assertThat(budget.take(MODEST, LARGE)).isTrue();
    }

    @Test
    void whoIsNoMemberHasNoRoom() throws Exception {
        assertThat(budget.take(new ReplicaId(9), 1)).isFalse();
        assertThat(budget.takeToCheck(new ReplicaId(9), 1)).isFalse();
        assertThat(budget.isMember(new ReplicaId(9))).isFalse();
        assertThat(budget.isMember(MODEST)).isTrue();
    }
}
