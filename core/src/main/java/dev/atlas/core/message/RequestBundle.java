package dev.atlas.core.message;

import com.google.protobuf.ByteString;
import dev.atlas.core.types.SessionId;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.crypto.PublicKey;
import dev.atlas.net.identity.ClientId;
import java.util.List;

/**
 * Requests of one client, signed once: the unit that clients send and batches name.
 *
 * @param client hash of {@code clientKey}
 * @param acknowledgements up to which number the client has its answers, per session
 * @param envelope the exact bytes received, signature included
 * @param digest SHA-256 of {@code envelope}: with the signature inside the digest, whether a body verifies depends on its digest alone
 */
public record RequestBundle(
        ClientId client,
        PublicKey clientKey,
        List<Request> requests,
        List<Acknowledgement> acknowledgements,
        ByteString envelope,
        Digest digest) {

    public RequestBundle {
        requests = List.copyOf(requests);
        acknowledgements = List.copyOf(acknowledgements);
    }

    /** Size in bytes on the wire. */
    public int size() {
        return envelope.size();
    }

    /** All numbers at or below {@code upTo} of {@code session} are answered or given up. */
    public record Acknowledgement(SessionId session, long upTo) {}
}
