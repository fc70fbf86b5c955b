package dev.atlas.exec.executor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.core.execution.DecidedBatch;
import dev.atlas.core.execution.ExecutionRequest;
import dev.atlas.core.execution.ExecutorStatus;
import dev.atlas.exec.speculative.SeededEnvironment;
import dev.atlas.net.env.SystemEnvironment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Replies, digests and sessions are, byte for byte, the same on all four executors, with snapshots and without, on real threads and
 * in seeded schedules.
 *
 * <p>{@code -Datlas.equality.batches=1000000} makes it a long run, of that many batches on each executor; {@code -Datlas.equality.seed} begins elsewhere.
 */
class FourExecutorsAreEqualTest {

    private static final int BATCHES = Integer.getInteger("atlas.equality.batches", 600);
    private static final long SEED = Long.getLong("atlas.equality.seed", 1);

    /** What an executor made of a log. */
    private record Made(List<String> replies, String state, long executed) {

        long notKept() {
            return replies.stream()
                    .filter(reply -> reply.contains("RESULT_NOT_KEPT"))
                    .count();
        }
    }

    @Test
    void onARealPool() throws Exception {
        try (SystemEnvironment environment = SystemEnvironment.create("equality", 4)) {
            long seed = SEED;
            long executed = 0;
            long notKept = 0;
            for (int batches = 0; batches < BATCHES; seed++) {
                List<Made> made = new ArrayList<>();
                for (String kind : kinds()) {
                    try (Driven driven = new Driven(kind, environment, RandomLog.limits(seed))) {
                        made.add(execute(kind, driven, RandomLog.of(seed, driven)));
                    }
                }
                batches += compare(made, seed);
                executed += made.getFirst().executed();
                notKept += made.getFirst().notKept();
            }
            report("on real threads", seed, executed, notKept);
        }
    }

    @Test
    void inSeededSchedules() {
        long seed = SEED;
        long executed = 0;
        long notKept = 0;
        for (int batches = 0; batches < BATCHES; seed++) {
            List<Made> made = new ArrayList<>();
            for (String kind : kinds()) {
                made.add(inSeededSchedule(kind, seed));
            }
            batches += compare(made, seed);
            executed += made.getFirst().executed();
            notKept += made.getFirst().notKept();
        }
        report("in seeded schedules", seed, executed, notKept);
    }

    /** A log whose requests are mostly refused would compare nothing. */
    private static void report(String where, long end, long executed, long notKept) {
        long batches = (end - SEED) * RandomLog.BATCHES;
        System.out.printf(
                "%s: %d batches with %d operations executed and %d results not kept, on each executor%n",
                where, batches, executed, notKept);
        assertThat(executed).isGreaterThan(5 * batches);
        assertThat(notKept).isPositive();
    }

    private static Made inSeededSchedule(String kind, long seed) {
        SeededEnvironment environment = new SeededEnvironment(seed);
        List<Made> made = new ArrayList<>();
        environment.run(() -> {
            try (Driven driven = new Driven(kind, environment, RandomLog.limits(seed), environment::pause)) {
                made.add(execute(kind, driven, RandomLog.of(seed, driven)));
            } catch (Exception failure) {
                throw new AssertionError(failure);
            }
        });
        return made.getFirst();
    }

    private static List<String> kinds() {
        return Stream.concat(Driven.KINDS.stream(), Driven.PLAIN.stream()).toList();
    }

    private static Made execute(String kind, Driven driven, List<DecidedBatch> log) throws Exception {
        driven.gate = new CountDownLatch(1);
        for (DecidedBatch batch : log) {
            // Checkpoints copy on write: those without snapshots take them, the others do not, and nothing may differ.
            boolean checkpoint = kind.endsWith("plain") && batch.sequence() % 4 == 0;
            driven.executor.submit(
                    checkpoint ? new ExecutionRequest.UpdateAndGetAppState(batch) : new ExecutionRequest.Update(batch));
        }
        driven.gate.countDown();
        ExecutorStatus status = driven.status();
        assertThat(driven.failure).isNotDone();
        return new Made(
                driven.repliesSoFar(),
                status.stateDigest() + " " + status.operations() + " " + status.sessions(),
                status.operations());
    }

    /** The number of batches in the log, which is over for all. */
    private static int compare(List<Made> made, long seed) {
        for (int each = 0; each < made.size(); each++) {
            assertThat(made.get(each).replies())
                    .as("%s, seed %d", kinds().get(each), seed)
                    .isNotEmpty()
                    .isEqualTo(made.getFirst().replies());
            // Monolithic, monolithic, divisible, divisible, with snapshots and without.
            assertThat(made.get(each).state())
                    .as("%s, seed %d", kinds().get(each), seed)
                    .isEqualTo(made.get(each % 4 / 2 * 2).state());
        }
        return RandomLog.BATCHES;
    }
}
