package dev.atlas.core.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteOutput;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.UnsafeByteOperations;
import dev.atlas.core.crypto.Signable;
import dev.atlas.core.crypto.Signed;
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
import dev.atlas.core.statetransfer.Span;
import dev.atlas.core.statetransfer.TransferMessage;
import dev.atlas.core.types.Membership;
import dev.atlas.core.types.SessionId;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.crypto.Ed25519Scheme;
import dev.atlas.net.crypto.SignatureScheme;
import dev.atlas.net.identity.ReplicaId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class CodecTest {

    private static final String CLUSTER = "codec";
    private static final int MUTATIONS = 20_000;

    private final SignatureScheme scheme = new Ed25519Scheme();
    private final List<SignatureScheme.KeyPair> keys = new ArrayList<>();
    private final Membership membership;

    CodecTest() {
        List<Membership.Member> members = new ArrayList<>();
        for (int number = 0; number < 4; number++) {
            byte[] secret = new byte[32];
            secret[0] = (byte) number;
            keys.add(scheme.fromSecret(secret));
            members.add(new Membership.Member(
                    new ReplicaId(number), keys.get(number).publicKey()));
        }
        membership = new Membership(0, members);
    }

    @Test
    void everyOrderingMessageComesBackAsItWas() {
        for (OrderingMessage message : messages()) {
            assertThat(OrderingCodec.decode(OrderingCodec.encode(message))).isEqualTo(new Decoded.Value<>(message));
        }
    }

    @Test
    void everyApplicationMessageComesBackAsItWas() {
        for (ApplicationMessage message : applicationMessages()) {
            assertThat(ApplicationCodec.decode(ApplicationCodec.encode(message)))
                    .isEqualTo(new Decoded.Value<>(message));
        }
    }

    @Test
    void mutatedMessagesAreRejectedOrAreMessagesAndNeverThrow() {
        List<byte[]> valid = new ArrayList<>();
        messages().forEach(message -> valid.add(OrderingCodec.encode(message).array()));
        applicationMessages()
                .forEach(message -> valid.add(ApplicationCodec.encode(message).array()));
        valid.add(seal(1).envelope().toByteArray());
        BundleCodec bundles = new BundleCodec(CLUSTER);
        Random random = new Random(1);
        int rejected = 0;
        for (int mutation = 0; mutation < MUTATIONS; mutation++) {
            byte[] bytes = mutate(valid.get(random.nextInt(valid.size())), random);
            if (OrderingCodec.decode(ByteBuffer.wrap(bytes)) instanceof Decoded.Value<OrderingMessage>(var message)) {
                assertThat(OrderingCodec.decode(OrderingCodec.encode(message))).isEqualTo(new Decoded.Value<>(message));
            } else {
                rejected++;
            }
            if (ApplicationCodec.decode(ByteBuffer.wrap(bytes))
                    instanceof Decoded.Value<ApplicationMessage>(ApplicationMessage message)) {
                assertThat(ApplicationCodec.decode(ApplicationCodec.encode(message)))
                        .isEqualTo(new Decoded.Value<>(message));
            }
            bundles.open(ByteString.copyFrom(bytes));
        }
        assertThat(rejected).isPositive();
    }

    private static byte[] mutate(byte[] original, Random random) {
        byte[] bytes = random.nextInt(4) == 0
                ? java.util.Arrays.copyOf(original, random.nextInt(original.length + 16))
                : original.clone();
        for (int change = random.nextInt(4); change >= 0 && bytes.length > 0; change--) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
        return bytes;
    }

    // ---- signatures ----

    @Test
    void aSignedMessageIsVerifiedUnderItsSignersKeyOnly() {
        MembershipVerifier verifier = new MembershipVerifier(scheme, CLUSTER, membership);
        Signed<Checkpoint> signed = sign(1, checkpoint(4, 1));
        assertThat(verifier.verify(signed)).isPresent();
        assertThat(verifier.verify(Signed.of(new ReplicaId(2), signed.content(), signed.payload(), signed.signature())))
                .as("claims another signer")
                .isEmpty();
        assertThat(verifier.verify(Signed.of(new ReplicaId(9), signed.content(), signed.payload(), signed.signature())))
                .as("no member")
                .isEmpty();
        assertThat(new MembershipVerifier(scheme, "another", membership).verify(signed))
                .as("another cluster")
                .isEmpty();
        assertThat(verifier.verify(sign(1, new Checkpoint(1, 4, Digest.ZERO, Digest.ZERO, 0))))
                .as("another epoch")
                .isEmpty();
        assertThat(verifier.verify(Signed.of(
                        signed.signer(),
                        signed.content(),
                        signed.payload().concat(ByteString.copyFromUtf8("x")),
                        signed.signature())))
                .as("other bytes")
                .isEmpty();
    }

    @Test
    void aSignatureForOnePurposeIsNoneForAnother() {
        MembershipVerifier verifier = new MembershipVerifier(scheme, CLUSTER, membership);
        Signed<Checkpoint> checkpoint = sign(1, checkpoint(4, 1));
        Signed<NewView> disguised = Signed.of(
                checkpoint.signer(),
                new NewView(0, 4, List.of(), 0, List.of()),
                checkpoint.payload(),
                checkpoint.signature());
        assertThat(verifier.verify(disguised)).isEmpty();
    }

    @Test
    void aCertificateNeedsQDistinctMembersWithEqualContent() {
        MembershipVerifier verifier = new MembershipVerifier(scheme, CLUSTER, membership);
        assertThat(verifier.verify(certificate(List.of(0, 1, 2), 1))).isTrue();
        assertThat(verifier.verify(certificate(List.of(0, 1), 1))).as("f + 1").isFalse();
        assertThat(verifier.verify(certificate(List.of(0, 1, 1), 1)))
                .as("twice the same")
                .isFalse();
        List<Signed<Checkpoint>> unequal =
                new ArrayList<>(certificate(List.of(0, 1), 1).checkpoints());
        unequal.add(sign(2, checkpoint(4, 2)));
        assertThat(verifier.verify(new CheckpointCertificate(unequal)))
                .as("unequal")
                .isFalse();
        assertThat(verifier.verify(new CheckpointCertificate(List.of())))
                .as("empty")
                .isFalse();
    }

    @Test
    void aViewChangeStandsOnlyWithTheCertificateOfItsCheckpoint() {
        MembershipVerifier verifier = new MembershipVerifier(scheme, CLUSTER, membership);
        assertThat(verifier.verify(sign(1, viewChange(4, Optional.of(certificate(List.of(0, 1, 2), 1))))))
                .isPresent();
        assertThat(verifier.verify(sign(1, viewChange(8, Optional.of(certificate(List.of(0, 1, 2), 1))))))
                .as("of another checkpoint")
                .isEmpty();
        assertThat(verifier.verify(sign(1, viewChange(4, Optional.empty()))))
                .as("none")
                .isEmpty();
        assertThat(verifier.verify(sign(1, viewChange(0, Optional.empty()))))
                .as("genesis")
                .isPresent();
    }

    @Test
    void aBundleIsVerifiedUnderItsOwnKeyAndForItsOwnCluster() {
        BundleCodec codec = new BundleCodec(CLUSTER);
        BundleVerifier verifier = new BundleVerifier(scheme, CLUSTER);
        RequestBundle bundle = seal(1);
        assertThat(codec.open(bundle.envelope())).isEqualTo(new Decoded.Value<>(bundle));
        assertThat(verifier.verify(bundle)).isTrue();
        assertThat(new BundleVerifier(scheme, "another").verify(bundle)).isFalse();
        assertThat(new BundleCodec("another").open(bundle.envelope())).isInstanceOf(Decoded.Malformed.class);
        byte[] tampered = bundle.envelope().toByteArray();
        tampered[tampered.length - 1] ^= 1;
        assertThat(codec.open(ByteString.copyFrom(tampered)).<Boolean>fold(verifier::verify, reason -> false))
                .isFalse();
    }

    /** Their signatures would all be good, and each would have a digest of its own. */
    @Test
    void nobodyCanMakeAnotherBundleOfOneThatAClientHasSealed() throws Exception {
        BundleCodec codec = new BundleCodec(CLUSTER);
        ByteString envelope = seal(1).envelope();
        var sealed = dev.atlas.protos.messages.RequestBundle.parseFrom(envelope);
        ByteString payload = sealed.toBuilder().clearSignature().build().toByteString();
        ByteString signature = sealed.toBuilder().clearPayload().build().toByteString();
        assertThat(payload.concat(signature)).isEqualTo(envelope);
        ByteString longer = ByteString.copyFrom(
                        new byte[] {signature.byteAt(0), (byte) (signature.byteAt(1) | 0x80), 0})
                .concat(signature.substring(2));
        for (ByteString other : List.of(
                signature.concat(payload),
                signature.concat(envelope),
                payload.concat(envelope),
                envelope.concat(ByteString.copyFrom(new byte[] {0x18, 1})),
                payload.concat(longer))) {
            assertThat(dev.atlas.protos.messages.RequestBundle.parseFrom(other).getSignature())
                    .isEqualTo(sealed.getSignature());
            assertThat(codec.open(other)).isInstanceOf(Decoded.Malformed.class);
        }
        assertThat(codec.open(ByteString.EMPTY)).isInstanceOf(Decoded.Malformed.class);
    }

    /** What is opened holds its own bytes once, and nothing of what it came in: its footprint counts no more. */
    @Test
    void anOpenedBundleHasItsBytesOnce() throws Exception {
        for (int size : new int[] {10, 100_000}) {
            Request request =
                    new Request(Request.Kind.ORDERED, new SessionId(5, 1), 7, ByteString.copyFrom(new byte[size]));
            ByteString sealed = new BundleCodec(CLUSTER)
                    .seal(keys.getFirst(), List.of(request, request), List.of())
                    .envelope();
            ByteString frame =
                    UnsafeByteOperations.unsafeWrap(sealed.concat(sealed).toByteArray());
            if (!(new BundleCodec(CLUSTER).open(frame.substring(sealed.size()))
                    instanceof Decoded.Value<RequestBundle>(RequestBundle opened))) {
                throw new AssertionError("not opened");
            }
            assertThat(opened.requests()).containsExactly(request, request);
            assertThat(arrayOf(opened.envelope())).hasSize(sealed.size());
            opened.requests()
                    .forEach(each -> assertThat(arrayOf(each.payload())).isSameAs(arrayOf(opened.envelope())));
        }
    }

    /** The array that the bytes lie in. */
    private static byte[] arrayOf(ByteString bytes) {
        AtomicReference<byte[]> array = new AtomicReference<>();
        try {
            UnsafeByteOperations.unsafeWriteTo(bytes, new ByteOutput() {
                @Override
                public void write(byte value) {
                    throw new AssertionError("one by one");
                }

                @Override
                public void write(byte[] value, int offset, int length) {
                    array.set(value);
                }

                @Override
                public void writeLazy(byte[] value, int offset, int length) {
                    array.set(value);
                }

                @Override
                public void write(ByteBuffer value) {
                    throw new AssertionError("no array");
                }

                @Override
                public void writeLazy(ByteBuffer value) {
                    throw new AssertionError("no array");
                }
            });
        } catch (IOException impossible) {
            throw new AssertionError(impossible);
        }
        return array.get();
    }

    private RequestBundle seal(int client) {
        return new BundleCodec(CLUSTER)
                .seal(
                        keys.get(client),
                        List.of(
                                new Request(Request.Kind.OPEN_SESSION, SessionId.NONE, 3, ByteString.EMPTY),
                                new Request(
                                        Request.Kind.ORDERED,
                                        new SessionId(5, 1),
                                        7,
                                        ByteString.copyFromUtf8("payload"))),
                        List.of(new RequestBundle.Acknowledgement(new SessionId(5, 1), 6)));
    }

    private <M extends Signable> Signed<M> sign(int signer, M content) {
        return new ReplicaSigner(new ReplicaId(signer), CLUSTER, keys.get(signer))
                .sign(content)
                .signed();
    }

    private static Checkpoint checkpoint(long sequence, int state) {
        return new Checkpoint(0, sequence, Digest.ZERO, new Digest(state, 2, 3, 4), 0);
    }

    private CheckpointCertificate certificate(List<Integer> signers, int state) {
        return new CheckpointCertificate(signers.stream()
                .map(signer -> sign(signer, checkpoint(4, state)))
                .toList());
    }

    private static ViewChange viewChange(long stable, Optional<CheckpointCertificate> certificate) {
        return new ViewChange(
                0,
                2,
                stable,
                certificate,
                List.of(new ViewChange.Prepared(stable + 1, new Digest(1, 2, 3, 4), 1)),
                List.of(new ViewChange.PrePrepared(stable + 1, new Digest(1, 2, 3, 4), 1)));
    }

    private List<OrderingMessage> messages() {
        Digest digest = new Digest(-1, 2, -3, 4);
        ReplicaId replica = new ReplicaId(2);
        return List.of(
                new OrderingMessage.PrePrepare(1, 2, 3, Batches.of(77, List.of(digest, Digest.ZERO))),
                new OrderingMessage.PrePrepare(1, 2, 3, Batches.NULL),
                new OrderingMessage.Prepare(1, 2, 3, digest),
                new OrderingMessage.Commit(1, 2, Long.MAX_VALUE, digest),
                new OrderingMessage.SignedCheckpoint(sign(1, checkpoint(4, 1))),
                new OrderingMessage.StableCheckpoint(certificate(List.of(0, 1, 2), 1)),
                new OrderingMessage.SignedViewChange(sign(
                        1, viewChange(4, Optional.of(certificate(List.of(0, 1, 2), 1))))),
                new OrderingMessage.SignedNewView(sign(
                        1,
                        new NewView(
                                0, 2, List.of(new NewView.Reference(replica, digest)), 4, List.of(digest, digest)))),
                new OrderingMessage.Status(
                        1,
                        2,
                        true,
                        List.of(replica),
                        true,
                        4,
                        5,
                        digest,
                        true,
                        List.of(
                                new OrderingMessage.OpenSlot(6, Optional.of(digest), true, List.of(replica), List.of()),
                                new OrderingMessage.OpenSlot(7, Optional.empty(), false, List.of(), List.of(replica)))),
                new OrderingMessage.DecidedClaims(1, 2, List.of(digest)),
                new OrderingMessage.FetchBatches(List.of(digest)),
                new OrderingMessage.FetchedBatch(Batches.of(1, List.of(digest))),
                new OrderingMessage.FetchBodies(List.of(digest, digest)),
                new OrderingMessage.AskDecidedBundles(List.of(digest, digest)),
                new OrderingMessage.DecidedBundles(List.of(digest)),
                new OrderingMessage.Settings(
                        SharedSettings.of(List.of(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, Long.MAX_VALUE, 0L))),
                new OrderingMessage.Bodies(List.of(ByteString.copyFromUtf8("body"))),
                new OrderingMessage.FetchViewChanges(3, List.of(new NewView.Reference(replica, digest))));
    }

    private static List<ApplicationMessage> applicationMessages() {
        List<Reply> replies = new ArrayList<>();
        for (Reply.Outcome outcome : Reply.Outcome.values()) {
            replies.add(
                    new Reply(Request.Kind.ORDERED, new SessionId(1, 2), 3, 4, outcome, ByteString.copyFromUtf8("r")));
        }
        return List.of(
                new ApplicationMessage.Bundle(ByteString.copyFromUtf8("envelope")),
                new ApplicationMessage.ReplyBundle(1, 2, replies),
                new ApplicationMessage.Busy(ApplicationMessage.Busy.Reason.REPLICA_OVERLOADED, 100));
    }

    @Test
    void partsShareAFrameThatIsHardlyLargerAndAreCopiedOutOfOthers() {
        ByteString content = ByteString.copyFromUtf8("part of a state".repeat(100));
        byte[] message = TransferCodec.encode(new TransferMessage.Parts(5, 6, 2, content))
                .array();
        byte[] tight = message.clone();
        byte[] wide = Arrays.copyOf(message, 3 * message.length);
        ByteString shared = parts(ByteBuffer.wrap(tight));
        ByteString copied = parts(ByteBuffer.wrap(wide, 0, message.length));
        assertThat(shared).isEqualTo(content);
        Arrays.fill(tight, (byte) 0);
        Arrays.fill(wide, (byte) 0);
        assertThat(shared).isEqualTo(ByteString.copyFrom(new byte[content.size()]));
        assertThat(copied).isEqualTo(content);
    }

    @Test
    void noPartsAndMorePartsTogetherThanMayBeAreMalformed() {
        for (int count : new int[] {0, Span.MOST_PARTS + 1, -1}) {
            assertThat(TransferCodec.decode(TransferCodec.encode(new TransferMessage.FetchParts(5, 6, count))))
                    .isInstanceOf(Decoded.Malformed.class);
            assertThat(TransferCodec.decode(
                            TransferCodec.encode(new TransferMessage.Parts(5, 6, count, ByteString.EMPTY))))
                    .isInstanceOf(Decoded.Malformed.class);
        }
    }

    private static ByteString parts(ByteBuffer frame) {
        return TransferCodec.decode(frame) instanceof Decoded.Value<TransferMessage>(TransferMessage.Parts parts)
                ? parts.bytes()
                : ByteString.EMPTY;
    }

    /** Its signature would be good, and whoever kept it in a certificate could not send that any more. */
    @Test
    void signedContentHoldsNothingButItsFields() {
        Signed<Checkpoint> checkpoint = sign(0, checkpoint(4, 1));
        ByteString payload = checkpoint.payload();
        ByteString junk = ByteString.copyFrom(new byte[1000]);
        ByteString anotherChain = field(3, junk);
        ByteString unknown = field(100, junk);
        assertThat(sent(checkpoint, payload)).isInstanceOf(Decoded.Value.class);
        for (ByteString padded :
                List.of(anotherChain.concat(payload), unknown.concat(payload), payload.concat(unknown))) {
            assertThat(sent(checkpoint, padded)).isInstanceOf(Decoded.Malformed.class);
        }
    }

    private static Decoded<OrderingMessage> sent(Signed<Checkpoint> checkpoint, ByteString payload) {
        return OrderingCodec.decode(OrderingCodec.encode(new OrderingMessage.SignedCheckpoint(
                Signed.of(checkpoint.signer(), checkpoint.content(), payload, checkpoint.signature()))));
    }

    /** A field of bytes, as it is on the wire. */
    private static ByteString field(int number, ByteString content) {
        return UnknownFieldSet.newBuilder()
                .addField(
                        number,
                        UnknownFieldSet.Field.newBuilder()
                                .addLengthDelimited(content)
                                .build())
                .build()
                .toByteString();
    }

    @Test
    void aBatchHoldsNothingButItsFields() {
        ByteString bytes = Batches.of(7, List.of(new Digest(1, 1, 1, 1))).bytes();
        ByteString others = field(2, ByteString.copyFrom(new byte[64]));
        assertThat(Batches.decode(bytes)).isPresent();
        assertThat(Batches.decode(others.concat(bytes))).isEmpty();
        assertThat(Batches.decode(bytes.concat(field(100, ByteString.EMPTY)))).isEmpty();
    }

    @Test
    void aBatchThatNamesABundleTwiceIsNone() {
        Digest one = new Digest(1, 1, 1, 1);
        Digest other = new Digest(1, 1, 1, 2);
        assertThat(Batches.decode(Batches.of(7, List.of(one, other)).bytes())).isPresent();
        assertThat(Batches.decode(Batches.of(7, List.of(one, other, one)).bytes()))
                .isEmpty();
    }
}
