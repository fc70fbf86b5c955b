package dev.atlas.net.tls;

import dev.atlas.net.crypto.SignatureScheme.KeyPair;
import dev.atlas.net.identity.NodeAddress;
import dev.atlas.net.transport.Channel;
import dev.atlas.net.transport.Transport;
import java.io.IOException;
import java.security.GeneralSecurityException;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;

/**
 * TLS 1.3 over another transport, TCP in production: encrypted, and both ends prove their keys.
 *
 * <p>Closing a channel closes what is below without TLS's own farewell, which could block behind a full socket buffer. Cutting a
 * stream short therefore looks like a close; the framing above tells a truncated frame by its length.
 */
public final class TlsTransport implements Transport {

    private static final String[] PROTOCOLS = {"TLSv1.3"};
    private static final String[] CIPHER_SUITES = {
        "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"
    };

    private static final int QUARTER = Math.max(1, Runtime.getRuntime().availableProcessors() / 4);

    private final Transport under;
    /** Written by whoever replaces the key, read for each new channel. */
    private volatile NodeCertificate node;

    /**
     * Signatures and key exchanges of handshakes keep a processor busy for milliseconds, on the carriers of virtual threads: as many at
     * once as there are carriers would hold up every socket of the process. So a storm of connections, which any stranger can make, gets
     * a quarter of them for the first step, and as many for those who have come further.
     */
    private final Turns beginning = new Turns(QUARTER);

    private final Turns finishing = new Turns(QUARTER);
    /** What this node itself dials, which strangers must not hold up. */
    private final Turns dialling = new Turns(QUARTER);

    /**
     * @param keyPair the node's Ed25519 key pair
     * @throws IllegalArgumentException if it is of another scheme
     */
    public TlsTransport(Transport under, KeyPair keyPair) {
        this.under = under;
        this.node = NodeCertificate.of(keyPair);
    }

    @Override
    public void replaceKey(KeyPair keyPair) {
        node = NodeCertificate.of(keyPair);
    }

    @Override
    public Listener listen(NodeAddress address) throws IOException {
        return new TlsListener(under.listen(address));
    }

    @Override
    public Channel connect(NodeAddress address) throws IOException {
        return unsecured(under.connect(address), true);
    }

    private Channel unsecured(Channel channel, boolean client) {
        Turns first = client ? dialling : beginning;
        Turns later = client ? dialling : finishing;
        return new UnsecuredChannel(channel, wanted -> new TlsChannel(channel, engine(client), first, later, wanted));
    }

    /**
     * A context of its own for every connection: a session ticket opens only in the context that issued it, so nothing can ever be
     * resumed, and each connection proves its keys anew.
     */
    SSLEngine engine(boolean client) {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(
                    new KeyManager[] {new PinnedKeyManager(node)},
                    new TrustManager[] {new SelfSignedTrustManager()},
                    null);
            // Nothing is resumed, but by default a peer could have us keep twenty thousand tickets of its making.
            context.getClientSessionContext().setSessionCacheSize(1);
            context.getServerSessionContext().setSessionCacheSize(1);
            SSLEngine engine = context.createSSLEngine();
            engine.setUseClientMode(client);
            engine.setEnabledProtocols(PROTOCOLS);
            engine.setEnabledCipherSuites(CIPHER_SUITES);
            engine.setNeedClientAuth(true);
            return engine;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no TLS 1.3", e);
        }
    }

    private final class TlsListener implements Listener {

        private final Listener listener;

        TlsListener(Listener listener) {
            this.listener = listener;
        }

        @Override
        public NodeAddress address() {
            return listener.address();
        }

        @Override
        public Channel accept() throws IOException {
            return unsecured(listener.accept(), false);
        }

        @Override
        public void close() {
            listener.close();
        }
    }
}
