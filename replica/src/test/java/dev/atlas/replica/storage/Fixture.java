package dev.atlas.replica.storage;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.DivisibleState;
import dev.atlas.core.application.DivisibleState.PartDescriptor;
import dev.atlas.core.crypto.Chain;
import dev.atlas.core.execution.CheckpointSnapshot;
import dev.atlas.core.execution.DecidedBatch;
import dev.atlas.core.execution.StateDescriptor;
import dev.atlas.core.message.Batch;
import dev.atlas.core.message.Batches;
import dev.atlas.core.message.Checkpoint;
import dev.atlas.core.message.CheckpointCertificate;
import dev.atlas.core.ordering.LogRecord;
import dev.atlas.core.types.Membership;
import dev.atlas.core.wire.ReplicaSigner;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.crypto.Ed25519Scheme;
import dev.atlas.net.crypto.Hasher;
import dev.atlas.net.crypto.SignatureScheme.KeyPair;
import dev.atlas.net.env.Environment;
import dev.atlas.net.env.SystemEnvironment;
import dev.atlas.net.identity.NodeAddress;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.identity.StaticNetworkInformation;
import dev.atlas.replica.config.DurabilityMode;
import dev.atlas.replica.config.ReplicaConfig;
import dev.atlas.replica.config.StartMode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

/** A replica's configuration, decisions without bodies, and states of text parts. */
final class Fixture implements AutoCloseable {

    static final String CLUSTER = "a cluster";

    final Environment environment = SystemEnvironment.create("storage-test");
    final CompletableFuture<Throwable> failure = new CompletableFuture<>();
    private final List<KeyPair> keys = IntStream.range(0, 4)
            .mapToObj(number -> new Ed25519Scheme().generate(environment.random()))
            .toList();

    ReplicaConfig config(DurabilityMode mode) {
        return config(CLUSTER, 0, keys, mode);
    }

    ReplicaConfig config(String cluster, int self, DurabilityMode mode) {
        return config(cluster, self, keys, mode);
    }

    /** The same replica in a membership in which the last member has another key. */
    ReplicaConfig configOfOtherMembership() {
        List<KeyPair> others = new ArrayList<>(keys.subList(0, 3));
        others.add(new Ed25519Scheme().generate(environment.random()));
        return config(CLUSTER, 0, others, DurabilityMode.STRICT);
    }

    private static ReplicaConfig config(String cluster, int self, List<KeyPair> keys, DurabilityMode mode) {
        List<Membership.Member> members = new ArrayList<>();
        for (int number = 0; number < keys.size(); number++) {
            members.add(new Membership.Member(
                    new ReplicaId(number), keys.get(number).publicKey()));
        }
        return ReplicaConfig.of(
                        cluster,
                        new ReplicaId(self),
                        new Membership(0, members),
                        new StaticNetworkInformation(List.of()),
                        new Ed25519Scheme(),
                        keys.get(self),
                        List.of(new NodeAddress("localhost", 1)),
                        StartMode.LEARNER)
                .withDurability(mode);
    }

    DurableLog open(Disk disk) throws IOException, InterruptedException {
        return open(disk, DurabilityMode.STRICT);
    }

    DurableLog open(Disk disk, DurabilityMode mode) throws IOException, InterruptedException {
        return DurableLog.open(environment, config(mode), disk, failure::complete);
    }

    /** The state's checkpoint is stable; signed by this replica only, since a log does not judge. */
    LogRecord.Stable stable(CheckpointSnapshot state) {
        StateDescriptor descriptor = state.descriptor();
        Checkpoint checkpoint = new Checkpoint(0, descriptor.sequence(), descriptor.chain(), descriptor.digest(), 0);
        ReplicaSigner signer = new ReplicaSigner(new ReplicaId(0), CLUSTER, keys.getFirst());
        return new LogRecord.Stable(
                new CheckpointCertificate(List.of(signer.sign(checkpoint).signed())));
    }

    /** Decisions of batches without bodies. */
    static List<DecidedBatch> decisions(int first, int last) {
        return IntStream.rangeClosed(first, last)
                .mapToObj(sequence -> new DecidedBatch(0, sequence, batch(sequence), List.of(), chain(sequence)))
                .toList();
    }

    private static Batch batch(int sequence) {
        return Batches.of(sequence, List.of());
    }

    static Digest chain(int last) {
        Digest chain = Digest.ZERO;
        for (int sequence = 1; sequence <= last; sequence++) {
            chain = Chain.next(chain, sequence, batch(sequence).digest());
        }
        return chain;
    }

    /** A state whose parts are the given texts; its session table is one more part. */
    static CheckpointSnapshot state(int sequence, String... texts) {
        List<PartDescriptor> application = new ArrayList<>();
        for (int index = 0; index < texts.length; index++) {
            application.add(describe("part " + index, texts[index]));
        }
        StateDescriptor descriptor = new StateDescriptor(
                sequence,
                chain(sequence),
                1000L + sequence,
                Digest.ZERO,
                application,
                List.of(describe("sessions", "sessions at " + sequence)));
        return new CheckpointSnapshot() {
            @Override
            public StateDescriptor descriptor() {
                return descriptor;
            }

            @Override
            public DivisibleState.Part part(int index) {
                return new DivisibleState.PlainPart(
                        descriptor.parts().get(index),
                        ByteString.copyFromUtf8(index < texts.length ? texts[index] : "sessions at " + sequence));
            }
        };
    }

    private static PartDescriptor describe(String id, String text) {
        return new PartDescriptor(
                ByteString.copyFromUtf8(id), Hasher.hash(text.getBytes(StandardCharsets.UTF_8)), text.length());
    }

    @Override
    public void close() {
        environment.close();
    }
}
