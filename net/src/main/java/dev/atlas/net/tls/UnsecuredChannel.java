package dev.atlas.net.tls;

import dev.atlas.net.crypto.PublicKey;
import dev.atlas.net.transport.Channel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/**
 * A channel that becomes a {@link TlsChannel} by {@link #secure}. What TLS needs is made there, on the channel's own thread and after the
 * limits on strangers, so that a flood of connections costs the accept loop next to nothing.
 */
final class UnsecuredChannel implements Channel {

    private final Channel under;
    private final Function<BooleanSupplier, TlsChannel> securing;
    private final AtomicReference<Optional<TlsChannel>> secured = new AtomicReference<>(Optional.empty());

    private volatile boolean closed;

    /**
     * @param securing makes the TLS channel over {@code under}, given a way to ask whether anybody still wants it; called once
     */
    UnsecuredChannel(Channel under, Function<BooleanSupplier, TlsChannel> securing) {
        this.under = under;
        this.securing = securing;
    }

    @Override
    public Optional<PublicKey> secure() throws IOException {
        TlsChannel channel = securing.apply(() -> !closed);
        Optional<PublicKey> proven = channel.secure();
        secured.set(Optional.of(channel));
        return proven;
    }

    private TlsChannel channel() throws IOException {
        return secured.get().orElseThrow(() -> new IOException("nothing passes before the TLS handshake"));
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        return channel().read(target);
    }

    @Override
    public void write(ByteBuffer source) throws IOException {
        channel().write(source);
    }

    @Override
    public void write(ByteBuffer first, ByteBuffer second) throws IOException {
        channel().write(first, second);
    }

    @Override
    public String remoteHost() {
        return under.remoteHost();
    }

    @Override
    public void close() {
        closed = true;
        under.close();
    }
}
