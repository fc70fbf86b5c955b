package dev.atlas.exec.reply;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.atlas.core.client.ClientConfig;
import dev.atlas.core.message.ApplicationMessage;
import dev.atlas.core.message.ApplicationMessage.ReplyBundle;
import dev.atlas.core.message.Reply;
import dev.atlas.core.message.Request;
import dev.atlas.core.node.ReplyNode;
import dev.atlas.core.types.SessionId;
import dev.atlas.core.wire.ApplicationCodec;
import dev.atlas.core.wire.Decoded;
import dev.atlas.net.connection.NetworkConfig;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.identity.ClientId;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Who answers what. */
class RepliersTest {

    private static final ClientId FIRST = new ClientId(new Digest(1, 0, 0, 0));
    private static final ClientId SECOND = new ClientId(new Digest(2, 0, 0, 0));

    private record Sent(ClientId client, ApplicationMessage message) {}

    private final List<Sent> sent = new ArrayList<>();
    private final ReplyNode node = new ReplyNode() {
        @Override
        public void send(ClientId client, ApplicationMessage message) {
            sent.add(new Sent(client, message));
        }

        @Override
        public void broadcast(Collection<ClientId> clients, ApplicationMessage message) {
            clients.forEach(client -> send(client, message));
        }

        @Override
        public long waiting(ClientId client) {
            return 0;
        }
    };

    private static Reply reply(Request.Kind kind, long number) {
        return new Reply(kind, new SessionId(1, 0), number, 7, Reply.Outcome.EXECUTED, ByteString.EMPTY);
    }

    private static Map<ClientId, List<Reply>> replies(Request.Kind kind) {
        Map<ClientId, List<Reply>> replies = new LinkedHashMap<>();
        replies.put(FIRST, List.of(reply(kind, 1), reply(kind, 2)));
        replies.put(SECOND, List.of(reply(kind, 1)));
        return replies;
    }

    private static List<Sent> oneMessageEach(Request.Kind kind) {
        return List.of(
                new Sent(FIRST, new ReplyBundle(3, 9, List.of(reply(kind, 1), reply(kind, 2)))),
                new Sent(SECOND, new ReplyBundle(3, 9, List.of(reply(kind, 1)))));
    }

    @Test
    void aReplicaAnswersBothKindsWithOneMessageForEachClient() {
        Replier replier = new ReplicaReplier(3, node);
        replier.ordered(9, replies(Request.Kind.ORDERED));
        assertThat(sent).isEqualTo(oneMessageEach(Request.Kind.ORDERED));
        sent.clear();
        replier.unordered(9, replies(Request.Kind.UNORDERED));
        assertThat(sent).isEqualTo(oneMessageEach(Request.Kind.UNORDERED));
    }

    @Test
    void longAnswersGoInSeveralMessagesThatEachFitAFrame() {
        ByteString half = ByteString.copyFrom(new byte[Replier.MESSAGE_BYTES / 2]);
        List<Reply> answers = new ArrayList<>();
        for (int number = 1; number <= 65; number++) {
            answers.add(new Reply(Request.Kind.ORDERED, new SessionId(1, 0), number, 7, Reply.Outcome.EXECUTED, half));
        }
        new ReplicaReplier(3, node).ordered(9, Map.of(FIRST, answers));
        int frame = NetworkConfig.Limits.DEFAULT.clientFrame();
        assertThat(sent)
                .hasSize(65)
                .allSatisfy(each -> assertThat(
                                ApplicationCodec.encode(each.message()).remaining())
                        .isLessThan(frame));
        assertThat(received()).isEqualTo(answers);
    }

    @Test
    void theLongestAnswerFitsAFrameBesideShortOnes() {
        ByteString longest =
                ByteString.copyFrom(new byte[ClientConfig.defaults().largestRequest()]);
        Reply large = new Reply(Request.Kind.ORDERED, new SessionId(1, 0), 2, 7, Reply.Outcome.EXECUTED, longest);
        List<Reply> answers = new ArrayList<>();
        for (int number = 10; number < 100_000; number++) {
            answers.add(reply(Request.Kind.ORDERED, number));
            if (number % 20_000 == 0) {
                answers.add(large);
            }
        }
        new ReplicaReplier(3, node).ordered(9, Map.of(FIRST, answers));
        assertThat(sent).allSatisfy(each -> {
            ByteBuffer encoded = ApplicationCodec.encode(each.message());
            assertThat(encoded.remaining()).isLessThan(NetworkConfig.Limits.DEFAULT.clientFrame());
            assertThat(ApplicationCodec.decode(encoded)).isEqualTo(new Decoded.Value<>(each.message()));
        });
        assertThat(received()).isEqualTo(answers);
    }

    private List<Reply> received() {
        List<Reply> received = new ArrayList<>();
        for (Sent each : sent) {
            received.addAll(((ReplyBundle) each.message()).replies());
        }
        return received;
    }

    @Test
    void aFollowersWordCountsForNoOrderedResultSoItAnswersUnorderedOnesOnly() {
        Replier replier = new FollowerReplier(3, node);
        replier.ordered(9, replies(Request.Kind.ORDERED));
        assertThat(sent).isEmpty();
        replier.unordered(9, replies(Request.Kind.UNORDERED));
        assertThat(sent).isEqualTo(oneMessageEach(Request.Kind.UNORDERED));
    }
}
