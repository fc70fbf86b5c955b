package dev.atlas.it.bench.transport;

import dev.atlas.it.bench.transport.NodeDriver.Received;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

/** All nodes of one measurement, driven together. */
interface Drivers extends AutoCloseable {

    void connect() throws Exception;

    List<Received> load(int warmupSeconds, int seconds) throws Exception;

    /** What all processes together have used, in nanoseconds: nodes that share a process see the same time. */
    long cpuNanos(List<Received> received);

    List<Delays> pace(double perSender, int warmupSeconds, int seconds) throws Exception;

    @Override
    void close() throws IOException;

    /** All in this process. */
    final class Local implements Drivers {

        private final List<NodeDriver> nodes = new ArrayList<>();
        private final ExecutorService threads = Executors.newCachedThreadPool();

        private interface Step<T> {
            T with(NodeDriver node) throws Exception;
        }

        Local(Contender contender, List<Integer> ports, boolean sendToAll, int payloadBytes) throws Exception {
            for (int node = 0; node < ports.size(); node++) {
                nodes.add(new NodeDriver(contender, node, ports, sendToAll, payloadBytes));
            }
        }

        private <T> List<T> each(Step<T> step) throws Exception {
            List<Future<T>> running = new ArrayList<>();
            for (NodeDriver node : nodes) {
                running.add(threads.submit(() -> step.with(node)));
            }
            List<T> results = new ArrayList<>();
            for (Future<T> each : running) {
                results.add(each.get());
            }
            return results;
        }

        @Override
        public void connect() throws Exception {
            each(node -> {
                node.connect();
                return true;
            });
        }

        @Override
        public List<Received> load(int warmupSeconds, int seconds) throws Exception {
            return each(node -> node.load(warmupSeconds, seconds));
        }

        @Override
        public long cpuNanos(List<Received> received) {
            return received.stream().mapToLong(Received::cpuNanos).max().orElseThrow();
        }

        @Override
        public List<Delays> pace(double perSender, int warmupSeconds, int seconds) throws Exception {
            List<Delays> delays = each(node -> node.pace(perSender, warmupSeconds, seconds));
            // They stop together, and each has counted that.
            return IntStream.range(0, delays.size())
                    .mapToObj(node ->
                            node == 0 ? delays.get(node) : delays.get(node).withoutPauses())
                    .toList();
        }

        @Override
        public void close() {
            nodes.forEach(NodeDriver::close);
            threads.shutdown();
        }
    }
}
