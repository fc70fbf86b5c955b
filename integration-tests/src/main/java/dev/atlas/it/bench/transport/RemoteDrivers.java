package dev.atlas.it.bench.transport;

import dev.atlas.it.bench.transport.NodeDriver.Received;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;

/** A process for each node, told what to do by lines on its standard input, answering on its standard output. */
final class RemoteDrivers implements Drivers {

    /** What a process may take beyond what it was told to. */
    private static final int PATIENCE_SECONDS = 30;

    private record Child(Process process, BufferedWriter commands, BufferedReader answers) {

        void tell(String command) throws IOException {
            commands.write(command);
            commands.newLine();
            commands.flush();
        }

        /** The next line that is an answer; anything else a process prints is shown. Who is not heard in time is ended. */
        String answer(int seconds) throws IOException {
            AtomicBoolean heard = new AtomicBoolean();
            CompletableFuture.delayedExecutor(seconds, TimeUnit.SECONDS).execute(() -> {
                if (!heard.get()) {
                    process.destroyForcibly();
                }
            });
            String answer = answer();
            heard.set(true);
            return answer;
        }

        private String answer() throws IOException {
            for (String line = answers.readLine(); line != null; line = answers.readLine()) {
                if (line.startsWith(TransportChild.ANSWER)) {
                    return line.substring(TransportChild.ANSWER.length());
                }
                System.out.println(line);
            }
            throw new EOFException("a node's process has ended");
        }
    }

    private final List<Child> children = new ArrayList<>();

    RemoteDrivers(Contender contender, List<Integer> ports, boolean sendToAll, int payloadBytes) throws IOException {
        String portList = ports.stream().map(String::valueOf).collect(Collectors.joining(","));
        for (int node = 0; node < ports.size(); node++) {
            Process process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "--enable-native-access=ALL-UNNAMED",
                            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                            "-classpath",
                            System.getProperty("java.class.path"),
                            TransportChild.class.getName(),
                            contender.label(),
                            Integer.toString(node),
                            portList,
                            Boolean.toString(sendToAll),
                            Integer.toString(payloadBytes))
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            children.add(new Child(
                    process,
                    new BufferedWriter(process.outputWriter(StandardCharsets.UTF_8)),
                    process.inputReader(StandardCharsets.UTF_8)));
        }
        for (Child child : children) {
            child.answer(PATIENCE_SECONDS);
        }
    }

    private List<String> each(String command, int seconds) throws IOException {
        for (Child child : children) {
            child.tell(command);
        }
        List<String> answers = new ArrayList<>();
        for (Child child : children) {
            answers.add(child.answer(seconds + PATIENCE_SECONDS));
        }
        return answers;
    }

    @Override
    public void connect() throws IOException {
        each("connect", 0);
    }

    @Override
    public List<Received> load(int warmupSeconds, int seconds) throws IOException {
        return each("load " + warmupSeconds + " " + seconds, warmupSeconds + seconds).stream()
                .map(line -> Arrays.stream(line.split(" ", -1))
                        .mapToLong(Long::parseLong)
                        .toArray())
                .map(numbers -> new Received(numbers[0], numbers[1], numbers[2]))
                .toList();
    }

    @Override
    public long cpuNanos(List<Received> received) {
        return received.stream().mapToLong(Received::cpuNanos).sum();
    }

    @Override
    public List<Delays> pace(double perSender, int warmupSeconds, int seconds) throws IOException {
        return each("pace " + perSender + " " + warmupSeconds + " " + seconds, warmupSeconds + seconds).stream()
                .map(Delays::decoded)
                .toList();
    }

    @Override
    public void close() throws IOException {
        for (Child child : children) {
            child.commands().close();
        }
        for (Child child : children) {
            child.process()
                    .onExit()
                    .completeOnTimeout(child.process(), 10, TimeUnit.SECONDS)
                    .join()
                    .destroyForcibly();
        }
    }
}
