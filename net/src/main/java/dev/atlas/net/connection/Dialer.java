package dev.atlas.net.connection;

import dev.atlas.net.concurrent.Backoff;
import dev.atlas.net.env.Environment;
import dev.atlas.net.handshake.Handshake;
import dev.atlas.net.handshake.HandshakeResult.Accepted;
import dev.atlas.net.identity.NetworkInformation;
import dev.atlas.net.identity.NodeAddress;
import dev.atlas.net.identity.NodeInfo;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.metrics.ConnectionRetryEvent;
import dev.atlas.net.transport.Channel;
import dev.atlas.net.transport.Transport;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one connection of a pool up: connects, carries frames, and connects again, until it is stopped.
 *
 * <p>The waits between attempts start afresh only after a connection that lived longer than the longest of them, so two processes
 * that fight over one identity do so slowly.
 */
final class Dialer {

    private static final Logger LOG = LoggerFactory.getLogger(Dialer.class);

    private final Environment environment;
    private final Transport transport;
    private final NetworkInformation information;
    /** With the key of the moment. */
    private final Supplier<Handshake> handshake;

    private final ConnectionStarter starter;
    private final ReplicaId peer;
    private final int index;
    private final AtomicReference<Optional<Thread>> thread = new AtomicReference<>(Optional.empty());
    private volatile boolean stopped;
    /** Owned by the dialling thread; the same failure is logged once. */
    private String lastFailure = "";

    Dialer(
            Environment environment,
            Transport transport,
            NetworkInformation information,
            Supplier<Handshake> handshake,
            ConnectionStarter starter,
            ReplicaId peer,
            int index) {
        this.environment = environment;
        this.transport = transport;
        this.information = information;
        this.handshake = handshake;
        this.starter = starter;
        this.peer = peer;
        this.index = index;
    }

    /** Ends {@link #run} and the connection that it carries. */
    void stop() {
        stopped = true;
        thread.get().ifPresent(Thread::interrupt);
    }

    void run() {
        thread.set(Optional.of(Thread.currentThread()));
        NetworkConfig.Timing timing = starter.config().timing();
        Backoff backoff = new Backoff(timing.reconnect(), environment.random());
        try {
            while (!stopped && !starter.threads().isClosed()) {
                if (attempt() > timing.reconnectMax().toNanos()) {
                    backoff.reset();
                }
                pause(backoff.next());
                starter.counters().reconnected();
            }
        } catch (InterruptedException e) {
            LOG.debug("no longer dialling {}", peer);
        } finally {
            thread.set(Optional.empty());
        }
    }

    /** How long a connection lived; 0 if there was none. */
    private long attempt() throws InterruptedException {
        try {
            Optional<NodeInfo> info = information.node(peer);
            return info.isPresent() ? attempt(info.get()) : 0;
        } catch (RuntimeException | Error e) {
            // The information is an application's. A dialler that ended of that would lose its peer for good.
            environment.fatalErrors().report(e);
            failed(String.valueOf(e));
            return 0;
        }
    }

    private void failed(String failure) {
        if (!failure.equals(lastFailure)) {
            LOG.info("cannot reach {}: {}", peer, failure);
            lastFailure = failure;
        }
    }

    /** Tries each address once and carries frames over the first that works; how long that lived, in nanoseconds. */
    private long attempt(NodeInfo info) throws InterruptedException {
        for (NodeAddress address : info.addresses()) {
            Optional<Channel> connected = connect(address);
            if (connected.isPresent()) {
                try (Channel channel = connected.get()) {
                    if (starter.shakeHands(channel, true, c -> handshake.get().dial(c, peer, index))
                            instanceof Accepted accepted) {
                        long since = environment.clock().nanoTime();
                        lastFailure = "";
                        starter.run(channel, accepted);
                        return environment.clock().nanoTime() - since;
                    }
                }
            }
        }
        return 0;
    }

    private Optional<Channel> connect(NodeAddress address) throws InterruptedException {
        InterruptingDeadline deadline = new InterruptingDeadline(
                environment.timers(), starter.config().timing().connect());
        try {
            return Optional.of(transport.connect(address));
        } catch (IOException e) {
            failed(String.valueOf(e.getMessage()));
            return Optional.empty();
        } finally {
            deadline.end();
        }
    }

    private void pause(Duration delay) throws InterruptedException {
        ConnectionRetryEvent event = new ConnectionRetryEvent();
        if (event.shouldCommit()) {
            event.peer = peer.toString();
            event.index = index;
            event.delayMillis = delay.toMillis();
            event.cause = lastFailure;
            event.commit();
        }
        environment.sleep(delay);
    }
}
