package dev.atlas.net.tls;

import dev.atlas.net.crypto.SignatureScheme.KeyPair;
import dev.atlas.net.identity.NodeAddress;
import dev.atlas.net.transport.Channel;
import dev.atlas.net.transport.Transport;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.util.concurrent.Semaphore;
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

    private final Transport under;
    /** Written by whoever replaces the key, read for each new channel. */
    private volatile NodeCertificate node;

    /**
     * Signatures and key exchanges of handshakes keep a processor busy for milliseconds, on the carriers of virtual threads: as many at
     * once as there are carriers would hold up every socket of the process, so a storm of connections gets half of them.
     */
    private final Semaphore computing =
            new Semaphore(Math.max(1, Runtime.getRuntime().availableProcessors() / 2), true);

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
        return new TlsChannel(under.connect(address), engine(true), computing);
    }

    /**
     * A context of its own for every connection: a session ticket opens only in the context that issued it, so nothing can ever be
     * resumed, and each connection proves its keys anew.
     */
    private SSLEngine engine(boolean client) {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(
                    new KeyManager[] {new PinnedKeyManager(node)},
                    new TrustManager[] {new SelfSignedTrustManager()},
                    null);
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
            return new TlsChannel(listener.accept(), engine(false), computing);
        }

        @Override
        public void close() {
            listener.close();
        }
    }
}
