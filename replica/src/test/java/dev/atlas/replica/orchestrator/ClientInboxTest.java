package dev.atlas.replica.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.atlas.core.message.ApplicationMessage;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.node.ReplyNode;
import dev.atlas.core.preprocessing.PreProcessingConfig;
import dev.atlas.core.preprocessing.PreProcessingListener;
import dev.atlas.core.preprocessing.RequestPreProcessor;
import dev.atlas.core.types.Quorums;
import dev.atlas.core.wire.ApplicationCodec;
import dev.atlas.core.wire.BundleCodec;
import dev.atlas.core.wire.BundleVerifier;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.crypto.Ed25519Scheme;
import dev.atlas.net.crypto.PublicKey;
import dev.atlas.net.env.SystemEnvironment;
import dev.atlas.net.identity.ClientId;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ClientInboxTest {

    private static final String CLUSTER = "client-inbox";
    private static final int AT_ONCE = 2;
    private static final int CLIENTS = 5;

    private final SystemEnvironment environment = SystemEnvironment.create("client-inbox-test", 1);
    private final Answers answers = new Answers();
    /** Has room for one message and never starts, so that it tells the next ones at once that it is busy. */
    private final RequestPreProcessor requests = new RequestPreProcessor(
            environment,
            new PreProcessingConfig(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, Duration.ofSeconds(1)),
            Long.MAX_VALUE,
            new Quorums(4),
            new BundleCodec(CLUSTER),
            new BundleVerifier(new Ed25519Scheme(), CLUSTER),
            answers,
            new Nobody());

    @AfterEach
    void close() {
        requests.close();
        environment.close();
    }

    @Test
    void asManyDecodeAtOnceAsMayAndTheOthersWaitTheirTurn() throws Exception {
        ClientInbox inbox = new ClientInbox(requests, AT_ONCE);
        inbox.receive(client(0), message());
        List<Thread> readers = new ArrayList<>();
        for (int number = 1; number <= CLIENTS; number++) {
            ClientId client = client(number);
            readers.add(Thread.ofVirtual().start(() -> inbox.receive(client, message())));
        }
        answers.begun.acquire(AT_ONCE);
        while (inbox.waiting() < CLIENTS - AT_ONCE) {
            assertThat(answers.begun.availablePermits())
                    .as("more at once than may")
                    .isZero();
            Thread.onSpinWait();
        }
        assertThat(answers.begun.availablePermits()).isZero();
        answers.mayEnd.release(CLIENTS);
        answers.begun.acquire(CLIENTS - AT_ONCE);
        for (Thread reader : readers) {
            reader.join();
        }
        assertThat(inbox.waiting()).isZero();
    }

    @Test
    void whatIsNoClientsMessageIsCounted() {
        ClientInbox inbox = new ClientInbox(requests, 1);
        inbox.receive(client(0), List.of(ByteBuffer.allocate(1), ByteBuffer.allocate(0)));
        assertThat(inbox.malformed()).isEqualTo(2);
        inbox.receive(new dev.atlas.net.identity.ReplicaId(1), message());
        assertThat(inbox.malformed()).isEqualTo(3);
    }

    private static ClientId client(int number) {
        return ClientId.of(new PublicKey(new byte[] {(byte) number}));
    }

    private static List<ByteBuffer> message() {
        return List.of(ApplicationCodec.encode(new ApplicationMessage.Bundle(ByteString.copyFromUtf8("sealed"))));
    }

    /** Keeps whoever answers, a client's reader here, until the test lets it go. */
    private static final class Answers implements ReplyNode {

        final Semaphore begun = new Semaphore(0);
        final Semaphore mayEnd = new Semaphore(0);

        @Override
        public void send(ClientId client, ApplicationMessage message) {
            begun.release();
            mayEnd.acquireUninterruptibly();
        }

        @Override
        public void broadcast(Collection<ClientId> clients, ApplicationMessage message) {
            throw new AssertionError("nothing to say to " + clients);
        }

        @Override
        public long waiting(ClientId client) {
            return 0;
        }
    }

    private static final class Nobody implements PreProcessingListener {
        @Override
        public void workWaiting() {}

        @Override
        public void bodiesHeld(Digest batch, boolean verified, long naming) {}

        @Override
        public void requestsLate(long view, List<RequestBundle> late, List<Digest> doubtful) {}

        @Override
        public void requestTimedOut(long view, Duration overdue) {}

        @Override
        public List<RequestBundle> unordered(List<RequestBundle> reads) {
            return List.of();
        }

        @Override
        public void answerAgain(RequestBundle bundle) {}
    }
}
