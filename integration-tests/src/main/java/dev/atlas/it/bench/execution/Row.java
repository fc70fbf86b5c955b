package dev.atlas.it.bench.execution;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * One cell, as it was measured.
 *
 * @param samples one for each iteration
 */
record Row(double costMicros, int conflictPercent, int threads, List<Sample> samples) {

    static final String TITLE =
            "  cost  conflict  threads  sequential op/s  always    x  adaptive    x  CPU us/op  always  incarnations  waited  quiet";

    /** With more waiting than this for each thread, an iteration counts only if nearly all are like that. */
    private static final double QUIET = 0.2;

    Row {
        samples = List.copyOf(samples);
    }

    /**
     * One iteration.
     *
     * @param waited for a processor, of all threads, in seconds for each second
     */
    record Sample(
            double sequentialPerSecond,
            double alwaysPerSecond,
            double adaptivePerSecond,
            double sequentialCpuMicros,
            double alwaysCpuMicros,
            double incarnations,
            double waited) {

        boolean isQuiet(int threads) {
            return waited < QUIET * threads;
        }
    }

    private List<Sample> counted() {
        List<Sample> quiet = quiet();
        return quiet.size() < 3 ? samples : quiet;
    }

    private List<Sample> quiet() {
        return samples.stream().filter(sample -> sample.isQuiet(threads)).toList();
    }

    private double median(ToDoubleFunction<Sample> figure) {
        double[] sorted = counted().stream().mapToDouble(figure).sorted().toArray();
        return (sorted[sorted.length / 2] + sorted[(sorted.length - 1) / 2]) / 2;
    }

    /** Median of the iterations' ratios, each of turns side by side. */
    double alwaysRatio() {
        return median(sample -> sample.alwaysPerSecond() / sample.sequentialPerSecond());
    }

    double adaptiveRatio() {
        return median(sample -> sample.adaptivePerSecond() / sample.sequentialPerSecond());
    }

    /** Whether enough of it was measured while the machine had processors for it. */
    boolean isTrustworthy() {
        return quiet().size() >= 3;
    }

    String line() {
        return String.format(
                Locale.ROOT,
                "%6.1f %8d%% %8d %16.0f %11.2f %13.2f %10.2f %7.2f %13.3f %7.2f %6d",
                costMicros,
                conflictPercent,
                threads,
                median(Sample::sequentialPerSecond),
                alwaysRatio(),
                adaptiveRatio(),
                median(Sample::sequentialCpuMicros),
                median(Sample::alwaysCpuMicros),
                median(Sample::incarnations),
                median(Sample::waited),
                quiet().size());
    }

    String json() {
        return String.format(
                Locale.ROOT,
                "{\"costMicros\": %.1f, \"conflictPercent\": %d, \"threads\": %d, \"sequentialPerSecond\": %.0f, "
                        + "\"alwaysRatio\": %.3f, \"adaptiveRatio\": %.3f, \"sequentialCpuMicros\": %.2f, "
                        + "\"alwaysCpuMicros\": %.2f, \"incarnations\": %.3f, \"waited\": %.2f, "
                        + "\"alwaysRatios\": %s, \"adaptiveRatios\": %s}",
                costMicros,
                conflictPercent,
                threads,
                median(Sample::sequentialPerSecond),
                alwaysRatio(),
                adaptiveRatio(),
                median(Sample::sequentialCpuMicros),
                median(Sample::alwaysCpuMicros),
                median(Sample::incarnations),
                median(Sample::waited),
                each(sample -> sample.alwaysPerSecond() / sample.sequentialPerSecond()),
                each(sample -> sample.adaptivePerSecond() / sample.sequentialPerSecond()));
    }

    private String each(ToDoubleFunction<Sample> figure) {
        return Arrays.toString(samples.stream()
                .mapToDouble(figure)
                .map(value -> Math.round(value * 1000) / 1000.0)
                .toArray());
    }
}
