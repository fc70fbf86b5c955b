package dev.atlas.it.cluster;

import dev.atlas.core.ordering.pbft.PbftConfig;
import dev.atlas.replica.config.DurabilityMode;
import dev.atlas.replica.config.ReplicaConfig;
import java.util.List;
import java.util.Properties;

/**
 * How the processes of a cluster are set up.
 *
 * @param replicas n
 * @param tls or plaintext
 * @param checkpointPeriod K
 * @param servingShare of each replica's time, for serving its state to another while requests are ordered
 * @param javaOptions of each replica's process
 */
public record ProcessOptions(
        int replicas,
        boolean tls,
        Served served,
        DurabilityMode durability,
        int checkpointPeriod,
        double servingShare,
        List<String> javaOptions) {

    public ProcessOptions {
        javaOptions = List.copyOf(javaOptions);
    }

    /** Four replicas over TLS, with the library's defaults. */
    public static ProcessOptions of(Served served) {
        return new ProcessOptions(
                4,
                true,
                served,
                DurabilityMode.NONE,
                PbftConfig.defaults().checkpointPeriod(),
                ReplicaConfig.DEFAULT_SERVING_SHARE,
                List.of());
    }

    public ProcessOptions replicas(int number) {
        return new ProcessOptions(number, tls, served, durability, checkpointPeriod, servingShare, javaOptions);
    }

    public ProcessOptions tls(boolean encrypted) {
        return new ProcessOptions(replicas, encrypted, served, durability, checkpointPeriod, servingShare, javaOptions);
    }

    public ProcessOptions durability(DurabilityMode mode) {
        return new ProcessOptions(replicas, tls, served, mode, checkpointPeriod, servingShare, javaOptions);
    }

    public ProcessOptions checkpointPeriod(int slots) {
        return new ProcessOptions(replicas, tls, served, durability, slots, servingShare, javaOptions);
    }

    public ProcessOptions servingShare(double share) {
        return new ProcessOptions(replicas, tls, served, durability, checkpointPeriod, share, javaOptions);
    }

    public ProcessOptions javaOptions(String... options) {
        return new ProcessOptions(replicas, tls, served, durability, checkpointPeriod, servingShare, List.of(options));
    }

    /** What a replica's process must know of it. */
    Properties write() {
        Properties properties = new Properties();
        properties.setProperty("replicas", Integer.toString(replicas));
        properties.setProperty("tls", Boolean.toString(tls));
        properties.setProperty("served", served.text());
        properties.setProperty("durability", durability.name());
        properties.setProperty("checkpointPeriod", Integer.toString(checkpointPeriod));
        properties.setProperty("servingShare", Double.toString(servingShare));
        return properties;
    }

    static ProcessOptions read(Properties properties) {
        return new ProcessOptions(
                Integer.parseInt(properties.getProperty("replicas")),
                Boolean.parseBoolean(properties.getProperty("tls")),
                Served.named(properties.getProperty("served")),
                DurabilityMode.valueOf(properties.getProperty("durability")),
                Integer.parseInt(properties.getProperty("checkpointPeriod")),
                Double.parseDouble(properties.getProperty("servingShare")),
                List.of());
    }
}
