package dev.atlas.core.wire;

import com.google.protobuf.ByteString;
import dev.atlas.core.crypto.MessageVerifier;
import dev.atlas.core.crypto.Signable;
import dev.atlas.core.crypto.Signed;
import dev.atlas.core.crypto.Verified;
import dev.atlas.core.message.Checkpoint;
import dev.atlas.core.message.CheckpointCertificate;
import dev.atlas.core.message.ViewChange;
import dev.atlas.core.types.Membership;
import dev.atlas.net.crypto.SignatureScheme;
import dev.atlas.net.identity.ReplicaId;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Checks signatures of the members of one epoch. */
public final class MembershipVerifier implements MessageVerifier {

    private final ByteString clusterId;
    private final Membership membership;
    private final Map<ReplicaId, SignatureScheme.Verifier> verifiers = new TreeMap<>();

    /**
     * @throws IllegalArgumentException if a member's key is no key of the scheme
     */
    public MembershipVerifier(SignatureScheme scheme, String clusterId, Membership membership) {
        this.clusterId = ByteString.copyFromUtf8(clusterId);
        this.membership = membership;
        membership.members().forEach(member -> verifiers.put(member.id(), scheme.verifier(member.publicKey())));
    }

    @Override
    public <M extends Signable> Optional<Verified<M>> verify(Signed<M> signed) {
        boolean valid =
                isSigned(signed) && (!(signed.content() instanceof ViewChange viewChange) || isCertified(viewChange));
        return valid ? Optional.of(new Verified<>(signed)) : Optional.empty();
    }

    /** Whether a certificate stands: Q distinct members signed equal content of this epoch. */
    public boolean verify(CheckpointCertificate certificate) {
        if (certificate.checkpoints().isEmpty()
                || certificate.checkpoints().size() > membership.members().size()) {
            return false;
        }
        Checkpoint content = certificate.content();
        Set<ReplicaId> signers = new TreeSet<>();
        for (Signed<Checkpoint> checkpoint : certificate.checkpoints()) {
            if (!checkpoint.content().equals(content) || !signers.add(checkpoint.signer()) || !isSigned(checkpoint)) {
                return false;
            }
        }
        return signers.size() >= membership.quorums().quorum();
    }

    private boolean isCertified(ViewChange viewChange) {
        return viewChange
                .certificate()
                .map(certificate -> verify(certificate) && certificate.content().sequence() == viewChange.stable())
                .orElse(viewChange.stable() == 0);
    }

    private boolean isSigned(Signed<?> signed) {
        SignatureScheme.Verifier verifier = verifiers.get(signed.signer());
        return verifier != null
                && signed.content().epoch() == membership.epoch()
                && verifier.verify(
                        SigningDomain.of(signed.content()).message(clusterId, signed.payload()),
                        signed.signature().toByteArray());
    }
}
