package dev.atlas.core.execution;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.DivisibleState.PartDescriptor;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.crypto.Hasher;
import java.nio.ByteBuffer;
import java.util.AbstractList;
import java.util.List;
import java.util.RandomAccess;

/**
 * What a checkpoint's state consists of: all that is needed to check its parts against the digest that a CHECKPOINT vouches for.
 *
 * <p>The {@link #digest} covers everything but sequence number and chain, which the certificate names itself.
 *
 * @param timeMillis the application's time t(s)
 * @param application parts of the application's state
 * @param sessions parts of the session table; their digests are plain hashes
 */
public record StateDescriptor(
        long sequence,
        Digest chain,
        long timeMillis,
        Digest membership,
        List<PartDescriptor> application,
        List<PartDescriptor> sessions) {

    private static final int LONGEST_GATHERED_ID = 1024;

    private static final int GATHERED_BYTES = 4 * LONGEST_GATHERED_ID;

    public StateDescriptor {
        application = List.copyOf(application);
        sessions = List.copyOf(sessions);
    }

    /** H(application root || sessions root || membership || t(s)). */
    public Digest digest() {
        return new Hasher()
                .update(root(application))
                .update(root(sessions))
                .update(membership)
                .update(timeMillis)
                .digest();
    }

    /** All parts by index: the application's, then the sessions'. A view: large states have very many, and are asked for each. */
    public List<PartDescriptor> parts() {
        return new Joined(application, sessions);
    }

    /** A tree of one level: the parts' names and digests, hashed. There may be very many: they are gathered, since hashing a few bytes at a time takes longer. */
    private static Digest root(List<PartDescriptor> parts) {
        Hasher hasher = new Hasher().update(parts.size());
        ByteBuffer gathered = ByteBuffer.allocate(GATHERED_BYTES);
        for (PartDescriptor part : parts) {
            ByteString id = part.id();
            if (gathered.remaining() < Long.BYTES + id.size() + Digest.BYTES + Long.BYTES) {
                hasher.update(gathered.flip());
                gathered.clear();
            }
            gathered.putLong(id.size());
            if (id.size() <= LONGEST_GATHERED_ID) {
                id.copyTo(gathered);
            } else {
                hasher.update(gathered.flip()).update(id.asReadOnlyByteBuffer());
                gathered.clear();
            }
            part.digest().write(gathered);
            gathered.putLong(part.bytes());
        }
        return hasher.update(gathered.flip()).digest();
    }

    private static final class Joined extends AbstractList<PartDescriptor> implements RandomAccess {

        private final List<PartDescriptor> first;
        private final List<PartDescriptor> second;

        Joined(List<PartDescriptor> first, List<PartDescriptor> second) {
            this.first = first;
            this.second = second;
        }

        @Override
        public PartDescriptor get(int index) {
            return index < first.size() ? first.get(index) : second.get(index - first.size());
        }

        @Override
        public int size() {
            return first.size() + second.size();
        }
    }
}
