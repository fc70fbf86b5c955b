package dev.atlas.core.wire;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.atlas.core.crypto.MessageSigner;
import dev.atlas.core.crypto.Signable;
import dev.atlas.core.crypto.Signed;
import dev.atlas.core.crypto.Verified;
import dev.atlas.net.crypto.SignatureScheme;
import dev.atlas.net.identity.ReplicaId;

/** Signs this replica's messages with its key. */
public final class ReplicaSigner implements MessageSigner {

    private final ReplicaId self;
    private final ByteString clusterId;
    private final SignatureScheme.KeyPair keys;

    public ReplicaSigner(ReplicaId self, String clusterId, SignatureScheme.KeyPair keys) {
        this.self = self;
        this.clusterId = ByteString.copyFromUtf8(clusterId);
        this.keys = keys;
    }

    @Override
    public <M extends Signable> Verified<M> sign(M content) {
        ByteString payload = SignedCodec.encode(content);
        byte[] signature = keys.sign(SigningDomain.of(content).message(clusterId, payload));
        return new Verified<>(Signed.of(self, content, payload, UnsafeByteOperations.unsafeWrap(signature)));
    }
}
