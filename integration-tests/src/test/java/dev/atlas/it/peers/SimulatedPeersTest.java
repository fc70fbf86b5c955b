package dev.atlas.it.peers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.core.message.Batches;
import dev.atlas.core.message.OrderingMessage;
import dev.atlas.core.message.OrderingMessage.FetchBodies;
import dev.atlas.core.message.OrderingMessage.PrePrepare;
import dev.atlas.core.message.OrderingMessage.Prepare;
import dev.atlas.core.message.OrderingMessage.Settings;
import dev.atlas.core.message.OrderingMessage.SignedViewChange;
import dev.atlas.core.message.OrderingMessage.Status;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.message.ViewChange;
import dev.atlas.core.ordering.pbft.PbftConfig;
import dev.atlas.it.sim.cluster.SimOptions;
import dev.atlas.it.sim.cluster.SimPeer;
import dev.atlas.net.crypto.Digest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** In virtual time, under schedules that a seed picks: besides all the rules, those whose subject is time. */
@Tag("simulation")
@ParameterizedClass(name = "seed {0}")
@ValueSource(longs = {1, 2, 3, 4, 5})
class SimulatedPeersTest extends PeerRules {

    private static final PbftConfig CONFIG = PbftConfig.defaults();

    @Parameter
    long seed;

    @Override
    Peers open() throws Exception {
        return new SimulatedPeers(SimOptions.of(4).realSignatures(seed == 1), seed);
    }

    /** Views 2 to 4 are others'; in view 5 it would lead itself. */
    @Test
    void eachViewThatFailsIsWaitedForTwiceAsLongAsTheOneBefore() throws Exception {
        SimulatedPeers simulated = (SimulatedPeers) peers();
        List<Duration> waits = new ArrayList<>();
        for (long view = 2; view <= 4; view++) {
            Duration asked = simulated.now();
            for (int peer : List.of(2, 3)) {
                ViewChange content = new ViewChange(0, view, 0, Optional.empty(), List.of(), List.of());
                simulated.say(peer, new SignedViewChange(simulated.sign(peer, content)));
            }
            long next = view + 1;
            simulated.pass(CONFIG.viewTimeout().multipliedBy(1L << (view + 1)));
            waits.add(firstAsk(simulated, next).minus(asked));
        }
        Duration slack = Duration.ofMillis(100);
        for (int index = 0; index < waits.size(); index++) {
            Duration expected = CONFIG.viewTimeout().multipliedBy(1L << (index + 2));
            assertThat(waits.get(index)).isBetween(expected, expected.plus(slack));
        }
    }

    private static Duration firstAsk(SimulatedPeers peers, long view) {
        return peers.heardBy(2).stream()
                .filter(heard -> heard.message() instanceof SignedViewChange asked
                        && asked.signed().content().newView() == view)
                .map(SimPeer.Heard::at)
                .findFirst()
                .orElseThrow(() -> new AssertionError("view " + view + " is never asked for"));
    }

    @Test
    void aViewChangeThatNobodyJoinsIsSaidAgainAndAgain() throws Exception {
        SimulatedPeers simulated = (SimulatedPeers) peers();
        for (int peer : List.of(2, 3)) {
            ViewChange content = new ViewChange(0, 2, 0, Optional.empty(), List.of(), List.of());
            simulated.say(peer, new SignedViewChange(simulated.sign(peer, content)));
        }
        simulated.pass(CONFIG.viewTimeout().multipliedBy(3));
        long said = simulated.heardBy(0).stream()
                .filter(heard -> heard.message() instanceof SignedViewChange)
                .count();
        assertThat(said).isGreaterThanOrEqualTo(2);
    }

    @Test
    void aBodyThatNobodySendsIsAskedForAtABoundedRateAndNeverVotedFor() throws Exception {
        SimulatedPeers simulated = (SimulatedPeers) peers();
        RequestBundle bundle = simulated.bundle(1);
        simulated.say(0, new PrePrepare(0, 0, 1, Batches.of(1, List.of(bundle.digest()))));
        simulated.pass(Duration.ofMinutes(1));
        assertThat(simulated.said(FetchBodies.class))
                .hasSizeBetween(30, 200)
                .allMatch(fetch -> fetch.digests().equals(List.of(bundle.digest())));
        assertThat(simulated.heardBy(2))
                .as("others are asked too when the primary does not answer")
                .anyMatch(heard -> heard.message() instanceof FetchBodies);
        assertThat(simulated.said(Prepare.class)).isEmpty();
    }

    @Test
    void amongSilentMembersAnIdleReplicaSaysLittleAndStaysInItsView() throws Exception {
        SimulatedPeers simulated = (SimulatedPeers) peers();
        Duration idle = Duration.ofMinutes(10);
        simulated.pass(idle);
        assertThat(simulated.said())
                .filteredOn(message -> !(message instanceof Status))
                .as("its settings, once to each")
                .hasSize(3)
                .allMatch(Settings.class::isInstance);
        assertThat(simulated.heardBy(2))
                .hasSizeLessThanOrEqualTo((int) idle.dividedBy(CONFIG.statusIdleInterval()) + 2);
        assertThat(simulated.status().orchestrator().ordering().view()).isZero();
    }

    @Test
    void statusesAreAnsweredAtABoundedRateHoweverManyCome() throws Exception {
        SimulatedPeers simulated = (SimulatedPeers) peers();
        simulated.say(0, new PrePrepare(0, 0, 1, Batches.of(1, List.of())));
        simulated.await("its vote", () -> !simulated.said(Prepare.class).isEmpty());
        int before = simulated.heardBy(3).size();
        Duration start = simulated.now();
        for (int repeat = 0; repeat < 500; repeat++) {
            simulated.say(3, new Status(0, 0, true, List.of(), false, 0, 0, Digest.ZERO, false, List.of()));
        }
        Duration spent = simulated.now().minus(start).plus(Duration.ofSeconds(1));
        simulated.pass(Duration.ofSeconds(1));
        long answers = simulated.heardBy(3).stream()
                .skip(before)
                .filter(heard -> heard.message() instanceof Prepare)
                .count();
        assertThat(answers)
                .isPositive()
                .isLessThanOrEqualTo(spent.dividedBy(CONFIG.statusInterval().dividedBy(2)) + 1);
    }

    @Test
    void theSameSeedIsTheSameRun() throws Exception {
        List<List<OrderingMessage>> runs = new ArrayList<>();
        for (int run = 0; run < 2; run++) {
            try (SimulatedPeers again = new SimulatedPeers(SimOptions.of(4), seed)) {
                again.say(0, new PrePrepare(0, 0, 1, Batches.of(1, List.of())));
                again.pass(Duration.ofSeconds(5));
                runs.add(again.said());
            }
        }
        assertThat(runs.getFirst()).isNotEmpty().isEqualTo(runs.getLast());
    }
}
