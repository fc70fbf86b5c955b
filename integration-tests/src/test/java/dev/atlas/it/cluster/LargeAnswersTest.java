package dev.atlas.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.atlas.core.client.SmrClient;
import dev.atlas.exec.monolithic.SingleThreadedMonolithicExecutor;
import dev.atlas.exec.state.KeyValueReply;
import dev.atlas.exec.state.KeyValueRequest;
import dev.atlas.exec.state.KeyValueStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A few bytes of requests that ask for far more bytes of answers than wait for one client at a time. */
@Timeout(120)
class LargeAnswersTest {

    private static final KeyValueStore STORE = new KeyValueStore();
    private static final ByteString KEY = ByteString.copyFromUtf8("large");
    private static final ByteString VALUE = ByteString.copyFrom(new byte[512 * 1024]);
    private static final int READS = 100;

    @Test
    void readsOfABundleWhoseAnswersFitNoFrameAreAllAnswered() throws Exception {
        allAnswered(SmrClient::submitUnordered);
    }

    @Test
    void orderedOnesToo() throws Exception {
        allAnswered(SmrClient::submit);
    }

    private static void allAnswered(
            BiFunction<SmrClient<KeyValueRequest, KeyValueReply>, KeyValueRequest, CompletableFuture<KeyValueReply>>
                    call)
            throws Exception {
        try (var cluster = LocalCluster.start(
                        LocalCluster.Options.of(4), STORE, SingleThreadedMonolithicExecutor.of(STORE));
                var client = cluster.client()) {
            client.execute(new KeyValueRequest.Put(KEY, VALUE));
            List<CompletableFuture<KeyValueReply>> reads = new ArrayList<>();
            for (int number = 0; number < READS; number++) {
                reads.add(call.apply(client, new KeyValueRequest.Get(KEY)));
            }
            assertThat(reads)
                    .allSatisfy(read -> assertThat(read.join()).isEqualTo(new KeyValueReply.Value(Optional.of(VALUE))));
        }
    }
}
