package dev.atlas.it.bench.transport;

import dev.atlas.net.crypto.PublicKey;
import dev.atlas.net.identity.NodeAddress;
import dev.atlas.net.identity.NodeInfo;
import dev.atlas.net.identity.NodeKind;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.identity.StaticNetworkInformation;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;

/** The clients' process: obeys lines on its standard input, answers each with one line, and ends with it. */
final class CrowdProcess {

    private CrowdProcess() {}

    public static void main(String[] arguments) throws Exception {
        NodeAddress address = new NodeAddress("127.0.0.1", Integer.parseInt(arguments[0]));
        PublicKey key = new PublicKey(HexFormat.of().parseHex(arguments[1]));
        StaticNetworkInformation information = new StaticNetworkInformation(
                List.of(new NodeInfo(new ReplicaId(0), NodeKind.REPLICA, key, List.of(address))));
        try (Crowd crowd = new Crowd(information, address, Boolean.parseBoolean(arguments[2]));
                BufferedReader commands =
                        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = commands.readLine(); line != null; line = commands.readLine()) {
                String[] command = line.split(" ", -1);
                String answer = switch (command[0]) {
                    case "join" -> {
                        crowd.join(
                                Integer.parseInt(command[1]),
                                Boolean.parseBoolean(command[2]),
                                Integer.parseInt(command[3]));
                        yield "joined";
                    }
                    case "answers" -> Long.toString(crowd.answers());
                    case "round" -> Long.toString(crowd.longestRoundMillis());
                    case "lost" -> Integer.toString(crowd.lost());
                    case "retries" -> Integer.toString(crowd.retries());
                    default -> throw new IllegalArgumentException("no command " + command[0]);
                };
                System.out.println(TransportChild.ANSWER + answer);
            }
        }
        System.exit(0);
    }
}
