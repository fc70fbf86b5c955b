package dev.atlas.it.bench.execution;

import com.sun.management.OperatingSystemMXBean;
import dev.atlas.exec.speculative.SpeculationSettings;
import dev.atlas.exec.speculative.SpeculativeRunner;
import dev.atlas.exec.state.KeyValueState;
import dev.atlas.net.env.SystemEnvironment;
import java.lang.management.ManagementFactory;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * One cell of the grid. The three ways of executing take turns within one invocation, so that whatever else the machine does hits all of them: the time of the
 * invocation means nothing, the counters everything.
 */
@State(Scope.Benchmark)
public class ExecutionBenchmark {

    private static final long TURN_NANOS = 20_000_000;
    private static final OperatingSystemMXBean PROCESS =
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

    @Param("20")
    public double costMicros;

    @Param("0")
    public int conflictPercent;

    @Param("4")
    public int threads;

    @Param("100000")
    public int keys;

    @Param("64")
    public int valueBytes;

    @Param("1024")
    public int block;

    private @Nullable Cell cell;

    /** What an iteration has done: operations, and the time and the processor time that they took. */
    @AuxCounters(AuxCounters.Type.EVENTS)
    @State(Scope.Thread)
    public static class Counters {
        public long sequentialOperations;
        public long sequentialNanos;
        public long sequentialCpuNanos;
        public long alwaysOperations;
        public long alwaysNanos;
        public long alwaysCpuNanos;
        public long alwaysIncarnations;
        public long adaptiveOperations;
        public long adaptiveNanos;
        public long adaptiveCpuNanos;
        /** For a processor, of all threads together. */
        public long waitedNanos;
    }

    @Setup(Level.Trial)
    public void open() {
        cell = Cell.open(this);
    }

    @TearDown(Level.Trial)
    public void close() {
        cell().environment.close();
        cell = null;
    }

    private Cell cell() {
        if (cell == null) {
            throw new IllegalStateException("not set up");
        }
        return cell;
    }

    @Benchmark
    public void takeTurns(Counters counters) {
        Cell cell = cell();
        long waited = RunQueue.waitedNanos();
        Turn sequential = cell.turn(cell.sequential);
        Turn always = cell.turn(cell.always);
        Turn adaptive = cell.turn(cell.adaptive);
        counters.waitedNanos += Math.max(0, RunQueue.waitedNanos() - waited);
        counters.sequentialOperations += sequential.operations;
        counters.sequentialNanos += sequential.nanos;
        counters.sequentialCpuNanos += sequential.cpuNanos;
        counters.alwaysOperations += always.operations;
        counters.alwaysNanos += always.nanos;
        counters.alwaysCpuNanos += always.cpuNanos;
        counters.alwaysIncarnations += always.incarnations;
        counters.adaptiveOperations += adaptive.operations;
        counters.adaptiveNanos += adaptive.nanos;
        counters.adaptiveCpuNanos += adaptive.cpuNanos;
    }

    private record Turn(long operations, long nanos, long cpuNanos, long incarnations) {}

    /** What the ways share, and the ways. */
    private record Cell(
            SystemEnvironment environment,
            Work work,
            int block,
            KeyValueState state,
            SpeculativeRunner sequential,
            SpeculativeRunner always,
            SpeculativeRunner adaptive) {

        static Cell open(ExecutionBenchmark parameters) {
            SystemEnvironment environment =
                    SystemEnvironment.create("bench", Runtime.getRuntime().availableProcessors());
            Work work = new Work(
                    parameters.keys,
                    parameters.valueBytes,
                    parameters.block,
                    parameters.conflictPercent,
                    parameters.costMicros);
            return new Cell(
                    environment,
                    work,
                    parameters.block,
                    work.filledState(),
                    new SpeculativeRunner(environment, SpeculationSettings.always(1)),
                    new SpeculativeRunner(environment, SpeculationSettings.always(parameters.threads)),
                    new SpeculativeRunner(environment, SpeculationSettings.adaptive(parameters.threads)));
        }

        Turn turn(SpeculativeRunner runner) {
            long incarnations = runner.counters().incarnations();
            long cpu = PROCESS.getProcessCpuTime();
            long start = environment.clock().nanoTime();
            long operations = 0;
            long now = start;
            while (now - start < TURN_NANOS) {
                runner.run(state, block, work.next());
                operations += block;
                now = environment.clock().nanoTime();
            }
            return new Turn(
                    operations,
                    now - start,
                    PROCESS.getProcessCpuTime() - cpu,
                    runner.counters().incarnations() - incarnations);
        }
    }
}
