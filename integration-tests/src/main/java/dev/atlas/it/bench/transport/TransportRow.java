package dev.atlas.it.bench.transport;

import dev.atlas.it.bench.transport.TransportSettings.Processes;
import dev.atlas.it.bench.transport.TransportSettings.Topology;
import java.util.Locale;
import org.HdrHistogram.Histogram;

/**
 * One measurement.
 *
 * @param others part of the machine that other processes took meanwhile, 0 to 1; 0 where that is unknown
 */
record TransportRow(
        Contender contender,
        Topology topology,
        Processes processes,
        double messagesPerSecond,
        double cpuMicros,
        double others,
        Delays delays) {

    static final String TITLE = String.format(
            Locale.ROOT,
            "%-12s %-9s %-8s %12s %12s %9s %9s %9s %9s %9s %6s %8s %7s",
            "contender",
            "topology",
            "jvms",
            "messages/s",
            "CPU us/msg",
            "p50 us",
            "p99 us",
            "p99.9 us",
            "late p99",
            "wake p99",
            "pauses",
            "longest",
            "others");

    double micros(double percentile) {
        return micros(delays.ages(), percentile);
    }

    private static double micros(Histogram nanos, double percentile) {
        return nanos.getValueAtPercentile(percentile) / 1000.0;
    }

    String line() {
        return String.format(
                Locale.ROOT,
                "%-12s %-9s %-8s %12.0f %12.3f %9.0f %9.0f %9.0f %9.0f %9.0f %6d %8.0f %6.0f%%",
                contender.label(),
                topology.name().toLowerCase(Locale.ROOT),
                processes.name().toLowerCase(Locale.ROOT),
                messagesPerSecond,
                cpuMicros,
                micros(50),
                micros(99),
                micros(99.9),
                micros(delays.late(), 99),
                micros(delays.wakeUps(), 99),
                delays.pauses().getTotalCount(),
                micros(delays.pauses(), 100),
                100 * others);
    }

    String json() {
        return String.format(
                Locale.ROOT,
                "{\"contender\": \"%s\", \"topology\": \"%s\", \"jvms\": \"%s\", \"messagesPerSecond\": %.0f, \"cpuMicrosPerMessage\": %.3f, \"others\": %.2f,"
                        + " \"halfLoad\": {\"p50Micros\": %.1f, \"p99Micros\": %.1f, \"p999Micros\": %.1f, \"maxMicros\": %.1f,"
                        + " \"senderLateMicros\": %s, \"wakeUpMicros\": %s,"
                        + " \"pauses\": %d, \"pauseMicros\": %s}}",
                contender.label(),
                topology.name().toLowerCase(Locale.ROOT),
                processes.name().toLowerCase(Locale.ROOT),
                messagesPerSecond,
                cpuMicros,
                others,
                micros(50),
                micros(99),
                micros(99.9),
                micros(100),
                percentiles(delays.late()),
                percentiles(delays.wakeUps()),
                delays.pauses().getTotalCount(),
                percentiles(delays.pauses()));
    }

    private static String percentiles(Histogram nanos) {
        return String.format(
                Locale.ROOT,
                "{\"p50\": %.1f, \"p99\": %.1f, \"p999\": %.1f}",
                micros(nanos, 50),
                micros(nanos, 99),
                micros(nanos, 99.9));
    }
}
