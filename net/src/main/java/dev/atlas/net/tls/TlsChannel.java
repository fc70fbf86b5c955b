package dev.atlas.net.tls;

import dev.atlas.net.crypto.PublicKey;
import dev.atlas.net.transport.Channel;
import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;

/**
 * TLS over one channel. The engine may be wrapping on the writer's thread while it unwraps on the reader's; each of the two buffers
 * below belongs to one of these threads (to the caller of {@link #secure} before).
 *
 * <p>Both buffers begin small and grow to {@link #MAX_RECORDS} under load, so that a busy connection moves several records
 * with one system call and an idle one holds little again.
 */
final class TlsChannel implements Channel {

    private static final int MAX_RECORDS = 5;
    /** Room for the handshake's messages and for heartbeats: what an idle connection reads. */
    private static final int IDLE_BYTES = 2048;
    /** After so many transfers in a row that one record's buffer could have held, a grown one shrinks. */
    private static final int SMALL_TRANSFERS = 256;

    /** Most that one read decrypts, however little they hold: whoever reads must be able to let others go first between reads. */
    private static final int RECORDS_AT_ONCE = 64;

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final Channel under;
    private final SSLEngine engine;
    private final Turns later;
    private final BooleanSupplier wanted;
    /** For the next step that takes a processor's time. Owned by the caller of {@link #secure}, then by the reader. */
    private Turns turns;

    private final int recordBytes;
    /** Encrypted bytes that have arrived, between position and limit. Owned by the reader. */
    private ByteBuffer arrived;
    /** Decrypted bytes that did not fit where they were asked for, between position and limit. Owned by the reader. */
    private ByteBuffer decrypted = NOTHING;
    /** Why no more can be decrypted, if something could before that in the same read. Owned by the reader. */
    private Optional<SSLException> broken = Optional.empty();
    /** Since the handshake. */
    private final EmptyRecords emptyRecords;
    /** Encrypted bytes to send, up to position. Owned by the writer. */
    private ByteBuffer leaving;
    /** Owned by the reader. */
    private int smallReads;
    /** Owned by the writer. */
    private int smallWrites;

    /**
     * @param first for the handshake's first computation, {@code later} for all others
     * @param wanted whether the channel is still open
     */
    TlsChannel(Channel under, SSLEngine engine, Turns first, Turns later, BooleanSupplier wanted) {
        this.turns = first;
        this.later = later;
        this.wanted = wanted;
        this.under = under;
        this.engine = engine;
        this.emptyRecords = new EmptyRecords(engine.getUseClientMode());
        this.recordBytes = engine.getSession().getPacketBufferSize();
        this.arrived = ByteBuffer.allocate(IDLE_BYTES).flip();
        this.leaving = ByteBuffer.allocate(recordBytes);
    }

    @Override
    public Optional<PublicKey> secure() throws IOException {
        engine.beginHandshake();
        HandshakeStatus status = engine.getHandshakeStatus();
        while (status != HandshakeStatus.FINISHED && status != HandshakeStatus.NOT_HANDSHAKING) {
            status = switch (status) {
                case NEED_TASK -> runTasks();
                case NEED_WRAP -> {
                    try {
                        yield wrapOnce(NOTHING).getHandshakeStatus();
                    } finally {
                        // Also an alert that says why this end refuses.
                        flush();
                    }
                }
                case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> handshakeUnwrap();
                case FINISHED, NOT_HANDSHAKING -> status;
            };
        }
        if (!decrypted.hasRemaining()) {
            // An idle connection needs no buffer of a whole record for what does not fit its reader's.
            decrypted = NOTHING;
        }
        try {
            return Optional.of(
                    NodeCertificate.keyOf((X509Certificate) engine.getSession().getPeerCertificates()[0]));
        } catch (GeneralSecurityException e) {
            throw new SSLException("the peer's certificate has no Ed25519 key", e);
        }
    }

    private HandshakeStatus runTasks() throws IOException {
        for (Runnable task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) {
            try {
                if (!turns.run(wanted, task)) {
                    throw new EOFException("closed in the TLS handshake");
                }
                turns = later;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted in the TLS handshake");
            }
        }
        return engine.getHandshakeStatus();
    }

    private HandshakeStatus handshakeUnwrap() throws IOException {
        if (decrypted.capacity() == 0) {
            decrypted = ByteBuffer.allocate(engine.getSession().getApplicationBufferSize())
                    .flip();
        }
        ByteBuffer target = decrypted.compact();
        SSLEngineResult result;
        try {
            result = engine.unwrap(arrived, target);
        } catch (SSLException refused) {
            sendAlert(refused);
            throw refused;
        } finally {
            target.flip();
        }
        return switch (result.getStatus()) {
            case OK -> result.getHandshakeStatus();
            case BUFFER_UNDERFLOW -> {
                if (!receive()) {
                    throw new EOFException("the peer closed in the TLS handshake");
                }
                yield HandshakeStatus.NEED_UNWRAP;
            }
            case CLOSED -> throw new EOFException("the peer ended the TLS handshake");
            case BUFFER_OVERFLOW -> throw new SSLException("application data in the TLS handshake");
        };
    }

    private void sendAlert(SSLException refused) {
        try {
            wrapOnce(NOTHING);
            flush();
        } catch (IOException e) {
            refused.addSuppressed(e);
        }
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        int before = target.position();
        while (true) {
            drainDecrypted(target);
            unwrapAll(target, before);
            if (target.position() > before) {
                return target.position() - before;
            }
            if (engine.isInboundDone() || !receive()) {
                return -1;
            }
        }
    }

    /** A bad record ends the stream where it stands: what was decrypted before it counts, and the next read fails. */
    private void unwrapAll(ByteBuffer target, int before) throws IOException {
        if (broken.isPresent()) {
            throw broken.get();
        }
        try {
            boolean more = target.hasRemaining();
            for (int records = 0; more && (records < RECORDS_AT_ONCE || target.position() == before); records++) {
                more = unwrapInto(target);
            }
        } catch (SSLException e) {
            if (target.position() == before) {
                throw e;
            }
            broken = Optional.of(e);
        }
    }

    private void drainDecrypted(ByteBuffer target) {
        int count = Math.min(decrypted.remaining(), target.remaining());
        target.put(target.position(), decrypted, decrypted.position(), count);
        target.position(target.position() + count);
        decrypted.position(decrypted.position() + count);
    }

    /** Decrypts one record; false if there is no whole one, or no room left for another. */
    private boolean unwrapInto(ByteBuffer target) throws IOException {
        SSLEngineResult result = engine.unwrap(arrived, target);
        emptyRecords.decrypted(result);
        return switch (result.getStatus()) {
            case OK -> {
                if (result.getHandshakeStatus() == HandshakeStatus.NEED_TASK) {
                    runTasks();
                }
                // A key update asks for an answer, which leaves in front of whatever the writer sends next.
                yield target.hasRemaining() && arrived.hasRemaining();
            }
            case BUFFER_UNDERFLOW, CLOSED -> false;
            case BUFFER_OVERFLOW -> unwrapAside(target);
        };
    }

    /** A record that may be larger than the room left in {@code target} goes through a buffer of our own. */
    private boolean unwrapAside(ByteBuffer target) throws IOException {
        int needed = engine.getSession().getApplicationBufferSize();
        if (decrypted.capacity() < needed) {
            decrypted = ByteBuffer.allocate(needed);
        }
        decrypted.clear();
        SSLEngineResult result;
        try {
            result = engine.unwrap(arrived, decrypted);
        } finally {
            decrypted.flip();
        }
        emptyRecords.decrypted(result);
        drainDecrypted(target);
        return switch (result.getStatus()) {
            case OK -> target.hasRemaining() && arrived.hasRemaining();
            // The engine asks for room before it looks whether the record is whole.
            case BUFFER_UNDERFLOW, CLOSED -> false;
            case BUFFER_OVERFLOW -> throw new SSLException("a TLS record of more than " + needed + " bytes");
        };
    }

    /** Reads more encrypted bytes; false at the end of the stream. */
    private boolean receive() throws IOException {
        arrived.compact();
        growIfFull();
        int before = arrived.position();
        try {
            return under.read(arrived) >= 0;
        } finally {
            smallReads = arrived.position() - before < IDLE_BYTES / 2 ? smallReads + 1 : 0;
            shrinkIfIdle();
            growIfFull();
            arrived.flip();
        }
    }

    private void growIfFull() {
        if (!arrived.hasRemaining() && arrived.capacity() < MAX_RECORDS * recordBytes) {
            int larger = arrived.capacity() < recordBytes ? recordBytes : MAX_RECORDS * recordBytes;
            arrived = ByteBuffer.allocate(larger).put(arrived.flip());
        }
    }

    private void shrinkIfIdle() {
        if (smallReads >= SMALL_TRANSFERS) {
            smallReads = 0;
            if (arrived.capacity() > IDLE_BYTES && arrived.position() < IDLE_BYTES / 2) {
                arrived = ByteBuffer.allocate(IDLE_BYTES).put(arrived.flip());
            }
        }
    }

    @Override
    public void write(ByteBuffer source) throws IOException {
        write(source, NOTHING);
    }

    /** A record may hold the end of one and the beginning of the other. */
    @Override
    public void write(ByteBuffer first, ByteBuffer second) throws IOException {
        while (first.hasRemaining() || second.hasRemaining()) {
            SSLEngineResult result = wrapOnce(first, second);
            emptyRecords.encrypted(result.bytesConsumed());
            if (result.getStatus() == SSLEngineResult.Status.CLOSED) {
                throw new SSLException("TLS is closed");
            }
            if (leaving.remaining() < recordBytes && (first.hasRemaining() || second.hasRemaining())) {
                flushOrGrow();
            }
        }
        flush();
    }

    private SSLEngineResult wrapOnce(ByteBuffer... sources) throws IOException {
        if (leaving.remaining() < recordBytes) {
            flush();
        }
        SSLEngineResult result = engine.wrap(sources, leaving);
        if (result.getStatus() == SSLEngineResult.Status.BUFFER_OVERFLOW) {
            throw new SSLException("a TLS record of more than " + recordBytes + " bytes");
        }
        return result;
    }

    private void flushOrGrow() throws IOException {
        if (leaving.capacity() == recordBytes) {
            leaving = ByteBuffer.allocate(MAX_RECORDS * recordBytes).put(leaving.flip());
        } else {
            flush();
        }
    }

    private void flush() throws IOException {
        leaving.flip();
        smallWrites = leaving.remaining() < recordBytes / 2 ? smallWrites + 1 : 0;
        try {
            under.write(leaving);
        } finally {
            leaving.clear();
        }
        if (smallWrites >= SMALL_TRANSFERS) {
            smallWrites = 0;
            if (leaving.capacity() > recordBytes) {
                leaving = ByteBuffer.allocate(recordBytes);
            }
        }
    }

    @Override
    public String remoteHost() {
        return under.remoteHost();
    }

    @Override
    public void close() {
        under.close();
    }
}
