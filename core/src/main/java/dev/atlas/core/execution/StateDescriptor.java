package dev.atlas.core.execution;

import dev.atlas.core.application.DivisibleState.PartDescriptor;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.crypto.Hasher;
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

    /** A tree of one level: the parts' names and digests, hashed. */
    private static Digest root(List<PartDescriptor> parts) {
        Hasher hasher = new Hasher().update(parts.size());
        for (PartDescriptor part : parts) {
            hasher.update(part.id().size())
                    .update(part.id().asReadOnlyByteBuffer())
                    .update(part.digest())
                    .update(part.bytes());
        }
        return hasher.digest();
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
