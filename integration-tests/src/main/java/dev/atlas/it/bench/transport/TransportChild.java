package dev.atlas.it.bench.transport;

import dev.atlas.it.bench.transport.NodeDriver.Received;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** One node in a process of its own; ends with its standard input. */
final class TransportChild {

    /** Begins every line that answers a command. */
    static final String ANSWER = "answer:";

    private TransportChild() {}

    public static void main(String[] arguments) throws Exception {
        List<Integer> ports =
                Arrays.stream(arguments[2].split(",")).map(Integer::valueOf).toList();
        try (NodeDriver driver = new NodeDriver(
                        Contender.of(arguments[0]),
                        Integer.parseInt(arguments[1]),
                        ports,
                        Boolean.parseBoolean(arguments[3]),
                        Integer.parseInt(arguments[4]));
                BufferedReader commands =
                        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            System.out.println(ANSWER);
            for (String line = commands.readLine(); line != null; line = commands.readLine()) {
                System.out.println(ANSWER + obey(driver, line.split(" ", -1)));
            }
        }
        System.exit(0);
    }

    private static String obey(NodeDriver driver, String[] command) throws Exception {
        return switch (command[0]) {
            case "connect" -> {
                driver.connect();
                yield "";
            }
            case "load" -> {
                Received received = driver.load(Integer.parseInt(command[1]), Integer.parseInt(command[2]));
                yield received.messages() + " " + received.nanos() + " " + received.cpuNanos();
            }
            case "pace" ->
                driver.pace(Double.parseDouble(command[1]), Integer.parseInt(command[2]), Integer.parseInt(command[3]))
                        .encoded();
            default -> throw new IllegalArgumentException("no command " + command[0]);
        };
    }
}
