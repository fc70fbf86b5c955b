package dev.atlas.it.sim.network;

import dev.atlas.it.sim.scheduler.Randomness;
import dev.atlas.it.sim.scheduler.Scheduler;
import dev.atlas.it.sim.scheduler.SimCondition;
import dev.atlas.it.sim.scheduler.SimProcess;
import dev.atlas.net.crypto.PublicKey;
import dev.atlas.net.identity.NodeAddress;
import dev.atlas.net.transport.Channel;
import dev.atlas.net.transport.Transport;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.BindException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** All hosts of a simulation, the links between them, and the connections that are open. */
public final class SimNetwork {

    private final Scheduler scheduler;
    private final Randomness random;
    private final int pipeBytes;
    private final Map<NodeAddress, Listening> listeners = new LinkedHashMap<>();
    private final Map<String, Map<String, Link>> links = new TreeMap<>();
    private final List<Connection> connections = new ArrayList<>();
    private Duration latency = Duration.ofMillis(1);
    private Duration jitter = Duration.ZERO;
    private long bytesPerSecond = Long.MAX_VALUE;

    private record Listening(SimListener listener, SimProcess process, Optional<PublicKey> key) {}

    private record Connection(String dialler, String acceptor, SimChannel channel) {}

    /** What happens to the connections of a process that dies. */
    public enum Death {
        /** Its host lives on and resets them. */
        RESET,
        /** The host is gone too: the other ends hear nothing. */
        SILENT
    }

    /**
     * @param pipeBytes what each direction of a connection holds before its writer blocks
     */
    public SimNetwork(Scheduler scheduler, Randomness random, int pipeBytes) {
        this.scheduler = scheduler;
        this.random = random;
        this.pipeBytes = pipeBytes;
    }

    /**
     * The transport of one process.
     *
     * @param key what its connections prove to the other end; empty for a transport that proves nothing
     */
    public Transport transport(SimProcess process, String host, Optional<PublicKey> key, Death death) {
        process.onKill(() -> died(process, host, death));
        return new Transport() {
            @Override
            public Listener listen(NodeAddress address) throws IOException {
                if (listeners.containsKey(address)) {
                    throw new BindException("somebody listens on " + address + " already");
                }
                SimListener listener = new SimListener(SimNetwork.this, address);
                listeners.put(address, new Listening(listener, process, key));
                return listener;
            }

            @Override
            public Channel connect(NodeAddress address) throws IOException {
                return SimNetwork.this.connect(host, key, address);
            }
        };
    }

    /** The quality of every link, present and to come. */
    public void quality(Duration linkLatency, Duration linkJitter, long linkBytesPerSecond) {
        latency = linkLatency;
        jitter = linkJitter;
        bytesPerSecond = linkBytesPerSecond;
        links.values().forEach(row -> row.values().forEach(link -> link.quality(latency, jitter, bytesPerSecond)));
    }

    /** The quality of what one host sends to another. */
    public void quality(String from, String to, Duration linkLatency, Duration linkJitter, long linkBytesPerSecond) {
        link(from, to).quality(linkLatency, linkJitter, linkBytesPerSecond);
    }

    /** Stops what these hosts send to those; the other direction stays. */
    public void cut(Collection<String> from, Collection<String> to) {
        from.forEach(sender -> to.stream()
                .filter(receiver -> !receiver.equals(sender))
                .forEach(receiver -> link(sender, receiver).cut()));
    }

    public void heal(Collection<String> from, Collection<String> to) {
        from.forEach(sender -> to.stream()
                .filter(receiver -> !receiver.equals(sender))
                .forEach(receiver -> link(sender, receiver).heal()));
    }

    public void healAll() {
        links.values().forEach(row -> row.values().stream().filter(Link::isCut).forEach(Link::heal));
    }

    /** Resets one open connection, if there is any. */
    public boolean resetOne() {
        connections.removeIf(connection -> connection.channel.isOver());
        if (connections.isEmpty()) {
            return false;
        }
        connections.remove(random.below(connections.size())).channel.reset();
        return true;
    }

    private Channel connect(String from, Optional<PublicKey> key, NodeAddress address) throws IOException {
        Link there = link(from, address.host());
        Link back = link(address.host(), from);
        connections.removeIf(connection -> connection.channel.isOver());
        Attempt attempt = new Attempt();
        there.deliver(there.arrival(0, 0), () -> {
            Listening listening = listeners.get(address);
            back.deliver(back.arrival(0, 0), () -> attempt.answered(from, key, address, listening, there, back));
        });
        return attempt.await();
    }

    /** A connection on its way: a round trip. */
    private final class Attempt {
        private final SimCondition changed = new SimCondition();
        private @Nullable SimChannel channel;
        private boolean answered;

        void answered(
                String from,
                Optional<PublicKey> key,
                NodeAddress address,
                @Nullable Listening listening,
                Link there,
                Link back) {
            answered = true;
            if (listening != null && listening.process.isAlive()) {
                SimPipe requests = new SimPipe(there, random, pipeBytes);
                SimPipe replies = new SimPipe(back, random, pipeBytes);
                if (listening.listener.offer(new SimChannel(requests, replies, back, from, key))) {
                    channel = new SimChannel(replies, requests, there, address.host(), listening.key);
                    connections.add(new Connection(from, address.host(), channel));
                }
            }
            changed.signalAll();
        }

        SimChannel await() throws IOException {
            while (!answered) {
                try {
                    changed.await();
                } catch (InterruptedException interrupted) {
                    Thread.currentThread().interrupt();
                    throw new InterruptedIOException("interrupted while connecting");
                }
            }
            if (channel == null) {
                throw new ConnectException("nobody accepts there");
            }
            return channel;
        }
    }

    private void died(SimProcess process, String host, Death death) {
        listeners.values().removeIf(listening -> listening.process.equals(process));
        for (Connection connection : List.copyOf(connections)) {
            if (connection.dialler.equals(host) || connection.acceptor.equals(host)) {
                connections.remove(connection);
                if (death == Death.RESET) {
                    String other = connection.dialler.equals(host) ? connection.acceptor : connection.dialler;
                    Link link = link(host, other);
                    link.deliver(link.arrival(0, 0), connection.channel::reset);
                }
            }
        }
    }

    void closed(SimListener listener) {
        listeners.values().removeIf(listening -> listening.listener.equals(listener));
    }

    private Link link(String from, String to) {
        return links.computeIfAbsent(from, unused -> new TreeMap<>()).computeIfAbsent(to, unused -> {
            Link link = new Link(scheduler, random.split(from + ">" + to));
            link.quality(latency, jitter, bytesPerSecond);
            return link;
        });
    }
}
