package dev.atlas.it.fuzz;

import com.google.protobuf.ByteString;
import dev.atlas.core.client.SmrClient;
import dev.atlas.exec.state.KeyValueReply;
import dev.atlas.exec.state.KeyValueRequest;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;

/** An honest client that counts on a key of its own, on a thread of its own, and notices any answer that is not the right one. */
final class Service implements AutoCloseable {

    private static final ByteString KEY = ByteString.copyFromUtf8("honest");

    private final SmrClient<KeyValueRequest, KeyValueReply> client;
    private final AtomicLong answered = new AtomicLong();
    private final CompletableFuture<Boolean> ended = new CompletableFuture<>();
    private volatile boolean ending;

    Service(SmrClient<KeyValueRequest, KeyValueReply> client) {
        this.client = client;
        Thread.ofPlatform().daemon().name("honest client").start(this::count);
    }

    private void count() {
        Optional<ByteString> last = Optional.empty();
        try {
            for (long number = 0; !ending; number++) {
                ByteString next = ByteString.copyFromUtf8(Long.toString(number));
                KeyValueReply previous = client.execute(new KeyValueRequest.Put(KEY, next));
                KeyValueReply read = client.execute(new KeyValueRequest.Get(KEY));
                if (!previous.equals(new KeyValueReply.Value(last))
                        || !read.equals(new KeyValueReply.Value(Optional.of(next)))) {
                    throw new AssertionError("after " + last + " came " + previous + ", after " + next + " " + read);
                }
                last = Optional.of(next);
                answered.incrementAndGet();
            }
            ended.complete(true);
        } catch (RuntimeException | Error broken) {
            ended.completeExceptionally(broken);
        }
    }

    /** Rounds that went well; throws if one did not. */
    long answered() {
        if (ended.isCompletedExceptionally()) {
            throw new AssertionError("the service failed", ended.exceptionNow());
        }
        return answered.get();
    }

    @Override
    public void close() {
        ending = true;
        boolean ignored = ended.handle((went, failure) -> failure == null).join();
    }
}
