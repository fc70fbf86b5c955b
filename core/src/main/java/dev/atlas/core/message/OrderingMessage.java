package dev.atlas.core.message;

import com.google.protobuf.ByteString;
import dev.atlas.core.crypto.Signed;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.identity.ReplicaId;
import java.util.List;
import java.util.Optional;

/** What replicas say to each other on the protocol module. Everything but the signed kinds is authenticated by its channel alone. */
public sealed interface OrderingMessage {

    /** Votes name a slot in a view. */
    record PrePrepare(long epoch, long view, long sequence, Batch batch) implements OrderingMessage {}

    record Prepare(long epoch, long view, long sequence, Digest digest) implements OrderingMessage {}

    record Commit(long epoch, long view, long sequence, Digest digest) implements OrderingMessage {}

    record SignedCheckpoint(Signed<Checkpoint> signed) implements OrderingMessage {}

    /** A certificate in answer to a STATUS that is behind it. */
    record StableCheckpoint(CheckpointCertificate certificate) implements OrderingMessage {}

    /** Also relayed: it stands on its signature, not on who brings it. */
    record SignedViewChange(Signed<ViewChange> signed) implements OrderingMessage {}

    record SignedNewView(Signed<NewView> signed) implements OrderingMessage {}

    /**
     * What the sender has, so that whoever is ahead can help.
     *
     * @param active whether {@code view} is active or pending
     * @param viewChanges senders of the VIEW-CHANGEs held for {@code view}
     * @param decided last sequence number decided without a gap
     * @param chain chain digest at {@code decided}
     * @param learner true while the sender does not vote
     */
    record Status(
            long epoch,
            long view,
            boolean active,
            List<ReplicaId> viewChanges,
            boolean newView,
            long stable,
            long decided,
            Digest chain,
            boolean learner,
            List<OpenSlot> slots)
            implements OrderingMessage {
        public Status {
            viewChanges = List.copyOf(viewChanges);
            slots = List.copyOf(slots);
        }
    }

    /**
     * What a STATUS says of one slot in its view that is undecided, or has no COMMIT of the sender yet.
     *
     * @param digest of the accepted proposal, if any
     * @param prepares senders whose PREPAREs are held
     * @param commits senders whose COMMITs are held
     */
    record OpenSlot(
            long sequence,
            Optional<Digest> digest,
            boolean batchHeld,
            List<ReplicaId> prepares,
            List<ReplicaId> commits) {
        public OpenSlot {
            prepares = List.copyOf(prepares);
            commits = List.copyOf(commits);
        }
    }

    /** "I have decided these": digests of first, first + 1, …; f + 1 equal claims of distinct members decide. */
    record DecidedClaims(long epoch, long first, List<Digest> digests) implements OrderingMessage {
        public DecidedClaims {
            digests = List.copyOf(digests);
        }
    }

    record FetchBatches(List<Digest> digests) implements OrderingMessage {
        public FetchBatches {
            digests = List.copyOf(digests);
        }
    }

    record FetchedBatch(Batch batch) implements OrderingMessage {}

    record FetchBodies(List<Digest> digests) implements OrderingMessage {
        public FetchBodies {
            digests = List.copyOf(digests);
        }
    }

    /** Bundle envelopes, fetched or forwarded (a backup forwards what its primary leaves unanswered). */
    record Bodies(List<ByteString> envelopes) implements OrderingMessage {
        public Bodies {
            envelopes = List.copyOf(envelopes);
        }
    }

    /** Which of these bundles, that nobody orders, are decided already. */
    record AskDecidedBundles(List<Digest> digests) implements OrderingMessage {
        public AskDecidedBundles {
            digests = List.copyOf(digests);
        }
    }

    /** "These are, in some slot": f + 1 members that say so of a bundle are believed. */
    record DecidedBundles(List<Digest> digests) implements OrderingMessage {
        public DecidedBundles {
            digests = List.copyOf(digests);
        }
    }

    /** What the sender runs with, once to each member that connects. */
    record Settings(SharedSettings settings) implements OrderingMessage {}

    record FetchViewChanges(long view, List<NewView.Reference> references) implements OrderingMessage {
        public FetchViewChanges {
            references = List.copyOf(references);
        }
    }
}
