package dev.atlas.net.connection;

import dev.atlas.net.concurrent.Backoff;
import dev.atlas.net.connection.Admission.Decision;
import dev.atlas.net.connection.Admission.Entry;
import dev.atlas.net.env.Environment;
import dev.atlas.net.handshake.Handshake;
import dev.atlas.net.handshake.HandshakeResult.Accepted;
import dev.atlas.net.metrics.AcceptFailureEvent;
import dev.atlas.net.transport.Channel;
import dev.atlas.net.transport.Transport.Listener;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Accepts on one listening address, each channel on a thread of its own, until interrupted or closed. */
final class Acceptor {

    private static final Logger LOG = LoggerFactory.getLogger(Acceptor.class);

    private final Environment environment;
    private final Listener listener;
    /** With the key of the moment. */
    private final Supplier<Handshake> handshake;

    private final Admission admission;
    private final ConnectionStarter starter;

    Acceptor(
            Environment environment,
            Listener listener,
            Supplier<Handshake> handshake,
            Admission admission,
            ConnectionStarter starter) {
        this.environment = environment;
        this.listener = listener;
        this.handshake = handshake;
        this.admission = admission;
        this.starter = starter;
    }

    void run() {
        Backoff backoff = new Backoff(starter.config().timing().reconnect(), environment.random());
        try {
            while (!starter.threads().isClosed()) {
                try {
                    admit(listener.accept());
                    backoff.reset();
                } catch (IOException | RuntimeException | Error e) {
                    environment.fatalErrors().report(e);
                    if (starter.threads().isClosed()) {
                        return;
                    }
                    // Out of file descriptors, say: the loop must outlive that, without spinning.
                    environment.sleep(failed(e, backoff.next()));
                }
            }
        } catch (InterruptedException e) {
            LOG.debug("no longer accepting on {}", listener.address());
        } finally {
            listener.close();
        }
    }

    private Duration failed(Throwable failure, Duration delay) {
        LOG.warn("accepting on {} failed, trying again in {}: {}", listener.address(), delay, failure.toString());
        starter.counters().acceptFailed();
        AcceptFailureEvent event = new AcceptFailureEvent();
        if (event.shouldCommit()) {
            event.address = listener.address().toString();
            event.cause = failure.toString();
            event.delayMillis = delay.toMillis();
            event.commit();
        }
        return delay;
    }

    private void admit(Channel channel) {
        try {
            decide(channel);
        } catch (RuntimeException | Error e) {
            // Whether a host is a member's is asked of the membership, which is an application's.
            channel.close();
            throw e;
        }
    }

    private void decide(Channel channel) {
        String host = channel.remoteHost();
        switch (admission.enter(host)) {
            case Decision.Refused refused -> {
                channel.close();
                starter.rejected(host, refused.reason(), "");
            }
            case Decision.Entered entered -> {
                if (!starter.threads().start("accepted-" + host, () -> serve(channel, entered.entry()))) {
                    admission.leave(entered.entry());
                    channel.close();
                }
            }
        }
    }

    private void serve(Channel channel, Entry entry) {
        try (channel) {
            Optional<Accepted> accepted;
            try {
                accepted = starter.shakeHands(channel, false, handshake.get()::accept) instanceof Accepted peer
                        ? Optional.of(peer)
                        : Optional.empty();
            } finally {
                admission.leave(entry);
            }
            accepted.ifPresent(peer -> {
                admission.authenticated(peer.peer().id(), entry.host());
                starter.run(channel, peer);
            });
        }
    }
}
