package dev.atlas.core.wire;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.UnsafeByteOperations;
import dev.atlas.core.message.Batches;
import dev.atlas.core.message.NewView;
import dev.atlas.core.types.SessionId;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.protos.messages.Session;
import dev.atlas.protos.messages.ViewChangeReference;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Conversions of single fields, each checking what it reads. */
final class Fields {

    /** Bound on member lists in a message; memberships are far smaller. */
    static final int MAX_MEMBERS = 1024;

    /** Bound on digests in a message: as many as a batch may name bundles, which is more than any window has slots. */
    private static final int MAX_DIGESTS = Batches.MAX_BUNDLES;

    /** One object for each number, however many lists it is in: a byte on the wire must not become an object. */
    private static final ReplicaId[] REPLICAS =
            IntStream.range(0, MAX_MEMBERS).mapToObj(ReplicaId::new).toArray(ReplicaId[]::new);

    private Fields() {}

    /** Bytes come out of an array as copies, so that a small message keeps no large frame alive; out of a read-only buffer they share one copy of it. */
    static CodedInputStream input(ByteBuffer bytes) {
        CodedInputStream input = CodedInputStream.newInstance(bytes);
        input.enableAliasing(true);
        return input;
    }

    /** Bytes share the buffer and keep it alive, which nobody may change any more. */
    static CodedInputStream sharing(ByteBuffer bytes) {
        return sharing(UnsafeByteOperations.unsafeWrap(bytes));
    }

    /** Bytes share those that are read, and keep all of them alive. */
    static CodedInputStream sharing(ByteString bytes) {
        CodedInputStream input = bytes.newCodedInput();
        input.enableAliasing(true);
        return input;
    }

    static Digest digest(ByteString bytes) throws MalformedException {
        MalformedException.require(bytes.size() == Digest.BYTES, "a digest of another length");
        return Digest.of(bytes.toByteArray());
    }

    static ByteString bytes(Digest digest) {
        return UnsafeByteOperations.unsafeWrap(digest.toBytes());
    }

    static List<Digest> digests(ByteString bytes) throws MalformedException {
        MalformedException.require(bytes.size() <= MAX_DIGESTS * Digest.BYTES, "too many digests");
        return Batches.split(bytes).orElseThrow(() -> new MalformedException("digests of " + bytes.size() + " bytes"));
    }

    /** Numbers on the wire are unsigned, ours are not: what would be negative is refused. */
    static long number(long value) throws MalformedException {
        MalformedException.require(value >= 0, "a number above 2^63");
        return value;
    }

    static ReplicaId replica(int number) throws MalformedException {
        MalformedException.require(number >= 0, "a negative replica id");
        return number < REPLICAS.length ? REPLICAS[number] : new ReplicaId(number);
    }

    static List<ReplicaId> replicas(List<Integer> numbers) throws MalformedException {
        MalformedException.require(numbers.size() <= MAX_MEMBERS, "a list of too many members");
        List<ReplicaId> replicas = new ArrayList<>(numbers.size());
        for (int number : numbers) {
            replicas.add(replica(number));
        }
        return replicas;
    }

    static List<Integer> numbers(List<ReplicaId> replicas) {
        List<Integer> numbers = new ArrayList<>(replicas.size());
        for (ReplicaId replica : replicas) {
            numbers.add(replica.number());
        }
        return numbers;
    }

    static SessionId session(Session session) throws MalformedException {
        MalformedException.require(session.getIndex() >= 0, "a negative session index");
        return new SessionId(number(session.getSequence()), session.getIndex());
    }

    static Session session(SessionId session) {
        return Session.newBuilder()
                .setSequence(session.sequence())
                .setIndex(session.index())
                .build();
    }

    static List<NewView.Reference> references(List<ViewChangeReference> references) throws MalformedException {
        MalformedException.require(references.size() <= MAX_MEMBERS, "too many references");
        List<NewView.Reference> decoded = new ArrayList<>(references.size());
        for (ViewChangeReference reference : references) {
            decoded.add(new NewView.Reference(replica(reference.getSender()), digest(reference.getHash())));
        }
        return decoded;
    }

    static List<ViewChangeReference> encodeReferences(List<NewView.Reference> references) {
        return references.stream()
                .map(reference -> ViewChangeReference.newBuilder()
                        .setSender(reference.sender().number())
                        .setHash(bytes(reference.hash()))
                        .build())
                .toList();
    }
}
