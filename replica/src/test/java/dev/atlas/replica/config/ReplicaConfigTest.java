package dev.atlas.replica.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.atlas.core.message.ApplicationMessage;
import dev.atlas.core.message.Reply;
import dev.atlas.core.message.Request;
import dev.atlas.core.ordering.pbft.PbftConfig;
import dev.atlas.core.preprocessing.PreProcessingConfig;
import dev.atlas.core.types.Membership;
import dev.atlas.core.types.SessionId;
import dev.atlas.core.wire.ApplicationCodec;
import dev.atlas.exec.session.ResultLimits;
import dev.atlas.exec.session.SessionLimits;
import dev.atlas.net.connection.NetworkConfig;
import dev.atlas.net.crypto.Ed25519Scheme;
import dev.atlas.net.crypto.SignatureScheme;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.identity.StaticNetworkInformation;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReplicaConfigTest {

    private static final PbftConfig NARROW = ordering(10);
    private static final PbftConfig WIDE = ordering(10_000);

    private final ReplicaConfig config = config();

    @Test
    void orderingAndPreProcessingAreHeldAgainstEachOtherWhenBothAreKnown() {
        PreProcessingConfig few = config.requests().withBundlesPerBatch(10);
        PreProcessingConfig many = config.requests().withBundlesPerBatch(10_000);
        ReplicaConfig narrow = config.withOrderingAndRequests(NARROW, few);
        assertThat(narrow.ordering()).isEqualTo(NARROW);
        assertThat(narrow.requests()).isEqualTo(few);
        ReplicaConfig wide = narrow.withOrderingAndRequests(WIDE, many);
        assertThat(wide.ordering()).isEqualTo(WIDE);
        assertThat(wide.requests()).isEqualTo(many);
        assertThat(wide.withOrderingAndRequests(NARROW, few)).isEqualTo(narrow);
    }

    @Test
    void aBatchThatOrderingWouldRefuseIsAnErrorThatNamesBothSettings() {
        assertThatThrownBy(() ->
                        config.withOrderingAndRequests(NARROW, config.requests().withBundlesPerBatch(11)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("bundlesPerBatch")
                .hasMessageContaining("maxBundlesPerBatch");
        assertThatThrownBy(() -> config.withOrdering(NARROW)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aResultThatFitsNoFrameToAClientIsAnErrorThatSaysSo() {
        int frame = config.network().limits().clientFrame();
        assertThat(results(frame - 256).sessions().results().largest()).isEqualTo(frame - 256);
        assertThatThrownBy(() -> results(frame - 255))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("clientFrame");
    }

    /** Replicas forward it, and fetch it from each other: what does not fit never arrives, and a slot that names it is stuck. */
    @Test
    void aRequestThatNoReplicaCouldSendToAnotherIsAnErrorThatSaysSo() {
        NetworkConfig.Limits limits = NetworkConfig.Limits.DEFAULT;
        int frame = limits.protocolFrame();
        assertThat(limits(limits.withClientFrame(frame - 256)).self()).isEqualTo(config.self());
        assertThatThrownBy(() -> limits(limits.withClientFrame(frame - 255)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("protocolFrame");
        assertThat(limits(limits.withProtocolFrame(2 * frame).withClientFrame(frame))
                        .self())
                .isEqualTo(config.self());
    }

    private ReplicaConfig limits(NetworkConfig.Limits limits) {
        return config.withNetwork(config.network().withLimits(limits));
    }

    @Test
    void aShareOfTheTimeIsAboveNothingAndNotAboveAll() {
        assertThat(config.servingShare()).isEqualTo(ReplicaConfig.DEFAULT_SERVING_SHARE);
        assertThat(config.withServingShare(1).servingShare()).isEqualTo(1);
        for (double share : new double[] {0, -0.1, 1.01, Double.NaN}) {
            assertThatThrownBy(() -> config.withServingShare(share))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("servingShare");
        }
    }

    private ReplicaConfig results(int largest) {
        return config.withSessions(new SessionLimits(10, 10, 10, new ResultLimits(largest, 1 << 20, 1 << 20, 0)));
    }

    @Test
    void theLargestReplyFitsTheFrameThatIsAskedForIt() {
        int largest = 1 << 20;
        Reply reply = new Reply(
                Request.Kind.UNORDERED,
                new SessionId(Long.MAX_VALUE, Integer.MAX_VALUE),
                Long.MAX_VALUE,
                Long.MAX_VALUE,
                Reply.Outcome.EXECUTED,
                ByteString.copyFrom(new byte[largest]));
        assertThat(ApplicationCodec.encode(
                                new ApplicationMessage.ReplyBundle(Long.MAX_VALUE, Long.MAX_VALUE, List.of(reply)))
                        .remaining())
                .isLessThanOrEqualTo(largest + 256);
    }

    private static PbftConfig ordering(int maxBundlesPerBatch) {
        return new PbftConfig(
                100,
                4,
                maxBundlesPerBatch,
                Duration.ofSeconds(10),
                Duration.ofSeconds(1),
                Duration.ofSeconds(10),
                Duration.ofMillis(20),
                Duration.ofMillis(200),
                Duration.ofSeconds(2),
                64,
                100);
    }

    private static ReplicaConfig config() {
        Ed25519Scheme scheme = new Ed25519Scheme();
        SignatureScheme.KeyPair keys = scheme.fromSecret(new byte[32]);
        Membership membership = new Membership(0, List.of(new Membership.Member(new ReplicaId(0), keys.publicKey())));
        return ReplicaConfig.of(
                "config",
                new ReplicaId(0),
                membership,
                new StaticNetworkInformation(List.of()),
                scheme,
                keys,
                List.of(),
                StartMode.GENESIS);
    }
}
