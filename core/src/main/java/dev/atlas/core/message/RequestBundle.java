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

    /** What a bundle takes beside its bytes and what is in it, with its places in maps and queues. */
    private static final int OVERHEAD_BYTES = 1024;

    /** Most that a request or an acknowledgement takes beside its bytes. */
    private static final int BYTES_PER_ELEMENT = 96;

    public RequestBundle {
        requests = List.copyOf(requests);
        acknowledgements = List.copyOf(acknowledgements);
    }

    /** Size in bytes on the wire. */
    public int size() {
        return envelope.size();
    }

    /** Bytes of memory that an opened bundle takes, about; bounds on what is held count these, since two bytes on the wire can be an object of a hundred. */
    public long footprint() {
        return envelope.size()
                + OVERHEAD_BYTES
                + (long) BYTES_PER_ELEMENT * (requests.size() + acknowledgements.size());
    }

    /** All numbers at or below {@code upTo} of {@code session} are answered or given up. */
    public record Acknowledgement(SessionId session, long upTo) {}
}
