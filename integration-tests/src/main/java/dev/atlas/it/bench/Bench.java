package dev.atlas.it.bench;

import dev.atlas.it.bench.execution.ExecutionBench;
import dev.atlas.it.bench.execution.GridSettings;
import dev.atlas.it.bench.transport.ConnectionsBench;
import dev.atlas.it.bench.transport.ConnectionsSettings;
import dev.atlas.it.bench.transport.TransportBench;
import dev.atlas.it.bench.transport.TransportSettings;
import java.util.Properties;

/** Runs the benchmark that {@code -Datlas.bench=name} names. */
public final class Bench {

    private Bench() {}

    /** Exit code 2 for settings that it cannot take. */
    public static void main(String[] arguments) throws Exception {
        Properties properties = System.getProperties();
        String name = properties.getProperty("atlas.bench", "");
        try {
            switch (name) {
                case "execution" -> ExecutionBench.run(GridSettings.from(properties));
                case "state" -> StateBench.run(StateSettings.from(properties));
                case "transfer" -> TransferBench.run(TransferSettings.from(properties));
                case "ordered" -> OrderedBench.run(OrderedSettings.from(properties));
                case "connections" -> ConnectionsBench.run(ConnectionsSettings.from(properties));
                case "transport" -> TransportBench.run(TransportSettings.from(properties));
                default ->
                    throw new IllegalArgumentException("atlas.bench: no benchmark named '" + name
                            + "'; there are: connections, execution, ordered, state, transfer, transport");
            }
        } catch (IllegalArgumentException bad) {
            System.err.println(bad.getMessage());
            System.exit(2);
        }
        System.exit(0);
    }
}
