package dev.atlas.it.cluster;

import dev.atlas.core.ordering.pbft.PbftConfig;
import dev.atlas.replica.config.DurabilityMode;
import java.util.List;
import java.util.Properties;

/**
 * How the processes of a cluster are set up.
 *
 * @param replicas n
 * @param tls or plaintext
 * @param checkpointPeriod K
 * @param javaOptions of each replica's process
 */
public record ProcessOptions(
        int replicas,
        boolean tls,
        Served served,
        DurabilityMode durability,
        int checkpointPeriod,
        List<String> javaOptions) {

    public ProcessOptions {
        javaOptions = List.copyOf(javaOptions);
    }

    /** Four replicas over TLS, with the library's defaults. */
    public static ProcessOptions of(Served served) {
        return new ProcessOptions(
                4, true, served, DurabilityMode.NONE, PbftConfig.defaults().checkpointPeriod(), List.of());
    }

    public ProcessOptions replicas(int number) {
        return new ProcessOptions(number, tls, served, durability, checkpointPeriod, javaOptions);
    }

    public ProcessOptions tls(boolean encrypted) {
        return new ProcessOptions(replicas, encrypted, served, durability, checkpointPeriod, javaOptions);
    }

    public ProcessOptions durability(DurabilityMode mode) {
        return new ProcessOptions(replicas, tls, served, mode, checkpointPeriod, javaOptions);
    }

    public ProcessOptions checkpointPeriod(int slots) {
        return new ProcessOptions(replicas, tls, served, durability, slots, javaOptions);
    }

    public ProcessOptions javaOptions(String... options) {
        return new ProcessOptions(replicas, tls, served, durability, checkpointPeriod, List.of(options));
    }

    /** What a replica's process must know of it. */
    Properties write() {
        Properties properties = new Properties();
        properties.setProperty("replicas", Integer.toString(replicas));
        properties.setProperty("tls", Boolean.toString(tls));
        properties.setProperty("served", served.text());
        properties.setProperty("durability", durability.name());
        properties.setProperty("checkpointPeriod", Integer.toString(checkpointPeriod));
        return properties;
    }

    static ProcessOptions read(Properties properties) {
        return new ProcessOptions(
                Integer.parseInt(properties.getProperty("replicas")),
                Boolean.parseBoolean(properties.getProperty("tls")),
                Served.named(properties.getProperty("served")),
                DurabilityMode.valueOf(properties.getProperty("durability")),
                Integer.parseInt(properties.getProperty("checkpointPeriod")),
                List.of());
    }
}
