package dev.atlas.it.fuzz;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.DivisibleState.PartDescriptor;
import dev.atlas.core.crypto.Signable;
import dev.atlas.core.crypto.Signed;
import dev.atlas.core.execution.StateDescriptor;
import dev.atlas.core.message.ApplicationMessage;
import dev.atlas.core.message.Batches;
import dev.atlas.core.message.Checkpoint;
import dev.atlas.core.message.CheckpointCertificate;
import dev.atlas.core.message.NewView;
import dev.atlas.core.message.OrderingMessage;
import dev.atlas.core.message.Reply;
import dev.atlas.core.message.Request;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.message.SharedSettings;
import dev.atlas.core.message.ViewChange;
import dev.atlas.core.statetransfer.TransferMessage;
import dev.atlas.core.types.SessionId;
import dev.atlas.core.wire.ApplicationCodec;
import dev.atlas.core.wire.BundleCodec;
import dev.atlas.core.wire.OrderingCodec;
import dev.atlas.core.wire.ReplicaSigner;
import dev.atlas.core.wire.TransferCodec;
import dev.atlas.exec.state.KeyValueRequest;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.crypto.SignatureScheme;
import dev.atlas.net.identity.ReplicaId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** Messages as a member and a client of a cluster may send them, of every type, near a place in the log. */
final class ValidMessages {

    private static final int SLOTS = 64;
    private static final int VIEWS = 4;

    private final String cluster;
    private final ReplicaId self;
    private final SignatureScheme.KeyPair keys;
    private final Random random;
    private long view;
    private long place;
    private List<SessionId> sessions = List.of();

    ValidMessages(String cluster, ReplicaId self, SignatureScheme.KeyPair keys, Random random) {
        this.cluster = cluster;
        this.self = self;
        this.keys = keys;
        this.random = random;
    }

    /** From now on they are of this view and place, or a little above. */
    void near(long currentView, long sequence) {
        view = currentView;
        place = sequence;
    }

    /** From now on requests are of these sessions. */
    void of(List<SessionId> open) {
        sessions = open;
    }

    /** One of each type. */
    List<byte[]> ordering() {
        return orderingMessages().stream()
                .map(message -> OrderingCodec.encode(message).array())
                .toList();
    }

    List<byte[]> transfer() {
        return transferMessages().stream()
                .map(message -> TransferCodec.encode(message).array())
                .toList();
    }

    List<byte[]> application() {
        List<Reply> replies = new ArrayList<>();
        for (Reply.Outcome outcome : Reply.Outcome.values()) {
            replies.add(new Reply(
                    Request.Kind.ORDERED,
                    new SessionId(1, 2),
                    number(),
                    number(),
                    outcome,
                    ByteString.copyFromUtf8("r")));
        }
        List<ApplicationMessage> messages = List.of(
                new ApplicationMessage.Bundle(bundle().envelope()),
                new ApplicationMessage.ReplyBundle(0, number(), replies),
                new ApplicationMessage.Busy(ApplicationMessage.Busy.Reason.REPLICA_OVERLOADED, 100));
        return messages.stream()
                .map(message -> ApplicationCodec.encode(message).array())
                .toList();
    }

    RequestBundle bundle() {
        SessionId session = sessions.isEmpty()
                ? new SessionId(number(), random.nextInt(3))
                : sessions.get(random.nextInt(sessions.size()));
        ByteString put = ByteString.copyFrom(KeyValueRequest.CODEC.encode(
                new KeyValueRequest.Put(ByteString.copyFromUtf8("fuzz"), ByteString.copyFromUtf8("value"))));
        return new BundleCodec(cluster)
                .seal(
                        keys,
                        List.of(
                                new Request(Request.Kind.OPEN_SESSION, SessionId.NONE, number(), ByteString.EMPTY),
                                new Request(Request.Kind.ORDERED, session, number(), put),
                                new Request(Request.Kind.UNORDERED, SessionId.NONE, number(), put)),
                        List.of(new RequestBundle.Acknowledgement(session, number())));
    }

    private List<OrderingMessage> orderingMessages() {
        Digest digest = new Digest(random.nextLong(), 2, random.nextLong(), 4);
        ReplicaId replica = new ReplicaId(random.nextInt(4));
        long view = this.view + random.nextInt(VIEWS);
        long slot = number();
        return List.of(
                new OrderingMessage.PrePrepare(0, view, slot, Batches.of(77, List.of(digest, Digest.ZERO))),
                new OrderingMessage.PrePrepare(0, view, slot, Batches.NULL),
                new OrderingMessage.Prepare(0, view, slot, digest),
                new OrderingMessage.Commit(0, view, slot, Batches.NULL.digest()),
                new OrderingMessage.SignedCheckpoint(sign(checkpoint(slot))),
                new OrderingMessage.StableCheckpoint(certificate(slot)),
                new OrderingMessage.SignedViewChange(sign(viewChange(view, slot))),
                new OrderingMessage.SignedNewView(sign(new NewView(
                        0, view, List.of(new NewView.Reference(replica, digest)), slot, List.of(digest, digest)))),
                new OrderingMessage.Status(
                        0,
                        view,
                        true,
                        List.of(replica),
                        true,
                        0,
                        slot,
                        digest,
                        false,
                        List.of(
                                new OrderingMessage.OpenSlot(
                                        slot + 1, Optional.of(digest), true, List.of(replica), List.of()),
                                new OrderingMessage.OpenSlot(
                                        slot + 2, Optional.empty(), false, List.of(), List.of(replica)))),
                new OrderingMessage.DecidedClaims(0, slot, List.of(digest, Batches.NULL.digest())),
                new OrderingMessage.FetchBatches(List.of(digest, Batches.NULL.digest())),
                new OrderingMessage.FetchedBatch(Batches.of(1, List.of(digest))),
                new OrderingMessage.FetchBodies(List.of(digest, digest)),
                new OrderingMessage.AskDecidedBundles(List.of(digest, digest)),
                new OrderingMessage.DecidedBundles(List.of(digest)),
                new OrderingMessage.Settings(SharedSettings.of(Collections.nCopies(10, number()))),
                new OrderingMessage.Bodies(List.of(bundle().envelope(), ByteString.copyFromUtf8("body"))),
                new OrderingMessage.FetchViewChanges(view, List.of(new NewView.Reference(replica, digest))));
    }

    private List<TransferMessage> transferMessages() {
        long slot = number();
        ByteString content = ByteString.copyFromUtf8("part");
        PartDescriptor part = new PartDescriptor(ByteString.copyFromUtf8("id"), new Digest(1, 2, 3, 4), content.size());
        return List.of(
                new TransferMessage.AskState(slot),
                new TransferMessage.StateOffer(certificate(slot)),
                new TransferMessage.FetchDescriptor(slot),
                new TransferMessage.Described(new StateDescriptor(
                        slot, Digest.ZERO, random.nextLong(), Digest.ZERO, List.of(part, part), List.of(part))),
                new TransferMessage.FetchParts(slot, random.nextInt(4), 1 + random.nextInt(3)),
                new TransferMessage.Parts(slot, random.nextInt(4), 1 + random.nextInt(3), content),
                new TransferMessage.Unavailable(slot));
    }

    private long number() {
        return place + 1 + random.nextInt(SLOTS);
    }

    private static Checkpoint checkpoint(long sequence) {
        return new Checkpoint(0, sequence, Digest.ZERO, new Digest(1, 2, 3, 4), 0);
    }

    private CheckpointCertificate certificate(long sequence) {
        Signed<Checkpoint> signed = sign(checkpoint(sequence));
        return new CheckpointCertificate(List.of(signed, signed, signed));
    }

    private ViewChange viewChange(long view, long stable) {
        return new ViewChange(
                0,
                view + 1,
                stable,
                Optional.of(certificate(stable)),
                List.of(new ViewChange.Prepared(stable + 1, new Digest(1, 2, 3, 4), view)),
                List.of(new ViewChange.PrePrepared(stable + 1, new Digest(1, 2, 3, 4), view)));
    }

    private <M extends Signable> Signed<M> sign(M content) {
        return new ReplicaSigner(self, cluster, keys).sign(content).signed();
    }
}
