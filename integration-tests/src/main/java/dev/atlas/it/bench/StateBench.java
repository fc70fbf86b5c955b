package dev.atlas.it.bench;

import com.google.protobuf.ByteString;
import dev.atlas.core.crypto.Chain;
import dev.atlas.core.execution.AnsweredNumbers;
import dev.atlas.core.execution.DecidedBatch;
import dev.atlas.core.execution.ExecutionListener;
import dev.atlas.core.execution.ExecutionRequest;
import dev.atlas.core.message.Batch;
import dev.atlas.core.message.Batches;
import dev.atlas.core.message.Reply;
import dev.atlas.core.message.Request;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.types.SessionId;
import dev.atlas.exec.divisible.SingleThreadedDivisibleExecutor;
import dev.atlas.exec.reply.Replier;
import dev.atlas.exec.session.SessionLimits;
import dev.atlas.exec.state.KeyValueState;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.crypto.PublicKey;
import dev.atlas.net.env.SystemEnvironment;
import dev.atlas.net.identity.ClientId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import jdk.jfr.consumer.RecordingStream;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/**
 * What a large state costs: memory against a hash map; how long checkpoints take and how much they delay ordered requests, fed at a steady rate whatever the
 * answers do; how unordered reads scale beside them.
 */
final class StateBench {

    private static final int READS_PER_BUNDLE = 64;
    private static final int QUESTIONS = 2048;

    /** The second one is the first that the compiler sees of its kind at this size. */
    private static final int LATER_CHECKPOINTS = 5;

    private StateBench() {}

    static void run(StateSettings settings) throws Exception {
        System.out.println("state: " + settings.describe());
        System.out.println("machine: " + OrderedBench.machine());
        memory(settings);
        warmUp(settings);
        checkpoints(settings);
        List<ReadsPicture.Reads> reads = new ArrayList<>();
        for (int threads = 1; threads <= Runtime.getRuntime().availableProcessors(); threads *= 2) {
            reads.add(reads(settings, threads));
        }
        System.out.println("written: " + ReadsPicture.of(reads).write(settings.figures(), "reads.svg"));
    }

    private static void memory(StateSettings settings) {
        FilledStore store = new FilledStore(settings.entries(), settings.valueBytes());
        long empty = usedBytes();
        KeyValueState state = store.initialState();
        state.parts();
        long withState = usedBytes();
        report(settings, "key/value state", withState - empty, state.size());
        state = new KeyValueState();
        empty = usedBytes();
        Map<ByteString, ByteString> map = new HashMap<>();
        for (int entry = 0; entry < settings.entries(); entry++) {
            map.put(FilledStore.key(entry), store.value(entry));
        }
        report(settings, "HashMap", usedBytes() - empty, map.size());
        state.clear();
    }

    private static void report(StateSettings settings, String what, long bytes, long entries) {
        System.out.printf(
                Locale.ROOT,
                "memory, %-16s %.0f B an entry, %.0f B of them key and value%n",
                what,
                bytes / (double) entries,
                (double) Long.BYTES + settings.valueBytes());
    }

    private static long usedBytes() {
        for (int each = 0; each < 3; each++) {
            System.gc();
        }
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    /** The compiler has seen a checkpoint before the one that is measured, which is the first to hash the large state all the same. */
    private static void warmUp(StateSettings settings) throws Exception {
        try (Feed feed = new Feed(settings.withEntries(10_000), 2)) {
            feed.ordered(3, List.of(0.2, 0.4, 0.6, 0.8));
        }
    }

    private static void checkpoints(StateSettings settings) throws Exception {
        try (Feed feed = new Feed(settings, Runtime.getRuntime().availableProcessors());
                RecordingStream events = new RecordingStream()) {
            events.enable("atlas.CheckpointPause");
            events.onEvent(
                    "atlas.CheckpointPause",
                    event -> System.out.printf(
                            Locale.ROOT,
                            "execution stood still for %.3f ms for the checkpoint at %d%n",
                            event.getDuration().toNanos() / 1e6,
                            event.getLong("sequence")));
            events.startAsync();
            feed.ordered(settings.seconds(), List.of());
            feed.report("without checkpoint");
            feed.ordered(settings.seconds(), List.of(0.2));
            feed.report("first checkpoint");
            double changed = (double) settings.batchesPerSecond() * settings.operations() * settings.seconds();
            for (int each = 0; each < LATER_CHECKPOINTS; each++) {
                feed.ordered(settings.seconds(), List.of(0.2));
                feed.report(String.format(Locale.ROOT, "after %.2f%% changed", 100 * changed / settings.entries()));
            }
            events.stop();
        }
    }

    private static ReadsPicture.Reads reads(StateSettings settings, int threads) throws Exception {
        try (Feed feed = new Feed(settings.withEntries(Math.min(settings.entries(), 400_000)), threads)) {
            AtomicBoolean over = new AtomicBoolean();
            Thread reader = feed.environment.virtualThreads("reader").newThread(() -> feed.read(over));
            reader.start();
            feed.ordered(2, List.of());
            feed.ordered(settings.seconds(), List.of());
            double perSecond = feed.reads.sum() / (double) settings.seconds();
            double p99Millis = feed.latencyMicros.getValueAtPercentile(99) / 1000.0;
            over.set(true);
            reader.join();
            System.out.printf(
                    Locale.ROOT,
                    "unordered reads, %d pool threads: %.0f/s beside ordered batches with p99 %.2f ms%n",
                    threads,
                    perSecond,
                    p99Millis);
            return new ReadsPicture.Reads(threads, perSecond, p99Millis);
        }
    }

    /** An executor under a steady load. */
    private static final class Feed implements ExecutionListener, Replier, AutoCloseable {
        private static final int UNANSWERED_BUNDLES = 64;

        private final StateSettings settings;
        private final SystemEnvironment environment;
        private final SingleThreadedDivisibleExecutor<KeyValueState, ByteString, ByteString> executor;
        private final ConcurrentHashMap<Long, Long> queued = new ConcurrentHashMap<>();
        private final Semaphore unanswered = new Semaphore(UNANSWERED_BUNDLES);
        private final LongAdder reads = new LongAdder();
        private final Random random = new Random(1);
        private Histogram latencyMicros = new ConcurrentHistogram(3);
        private volatile long checkpointNanos;
        private volatile boolean described = true;
        private long checkpointQueued;
        private long sequence;
        private long number;
        private Digest chain = Digest.ZERO;

        Feed(StateSettings settings, int poolThreads) throws InterruptedException {
            this.settings = settings;
            this.environment = SystemEnvironment.create("state", poolThreads);
            this.executor = new SingleThreadedDivisibleExecutor<>(
                    environment,
                    new FilledStore(settings.entries(), settings.valueBytes()),
                    new SessionLimits(10, 10, 1 << 20),
                    Digest.ZERO,
                    this,
                    this);
            Request opening = new Request(Request.Kind.OPEN_SESSION, SessionId.NONE, 1, ByteString.EMPTY);
            executor.submit(new ExecutionRequest.Update(batch(bundle(List.of(opening), List.of()))));
            while (latencyMicros.getTotalCount() == 0) {
                environment.sleep(Duration.ofMillis(1));
            }
            // What filling the state has left behind is not what is to be measured.
            System.gc();
            ordered(2, List.of());
        }

        private static RequestBundle bundle(List<Request> requests, List<RequestBundle.Acknowledgement> acknowledged) {
            return new RequestBundle(
                    new ClientId(new Digest(1, 1, 1, 1)),
                    new PublicKey(new byte[1]),
                    requests,
                    acknowledged,
                    ByteString.EMPTY,
                    Digest.ZERO);
        }

        private DecidedBatch batch(RequestBundle bundle) {
            Batch batch = Batches.of(1, List.of(bundle.digest()));
            chain = Chain.next(chain, ++sequence, batch.digest());
            queued.put(sequence, environment.clock().nanoTime());
            return new DecidedBatch(sequence, sequence, batch, List.of(bundle), chain);
        }

        private DecidedBatch updates(int operations) {
            SessionId session = new SessionId(1, 0);
            long acknowledged = number;
            List<Request> requests = new ArrayList<>();
            for (int each = 0; each < operations; each++) {
                requests.add(new Request(
                        Request.Kind.ORDERED, session, ++number, FilledStore.key(random.nextInt(settings.entries()))));
            }
            return batch(bundle(requests, List.of(new RequestBundle.Acknowledgement(session, acknowledged))));
        }

        /**
         * @param checkpoints when to take them, as a share of the time
         */
        void ordered(int seconds, List<Double> checkpoints) throws InterruptedException {
            while (!queued.isEmpty()) {
                environment.sleep(Duration.ofMillis(1));
            }
            latencyMicros = new ConcurrentHistogram(3);
            reads.reset();
            int batches = seconds * settings.batchesPerSecond();
            long interval = 1_000_000_000L / settings.batchesPerSecond();
            List<Long> at = checkpoints.stream()
                    .map(share -> Math.round(share * batches))
                    .toList();
            long due = environment.clock().nanoTime();
            for (long each = 0; each < batches; each++, due += interval) {
                long early = due - environment.clock().nanoTime();
                if (early > 0) {
                    environment.sleep(Duration.ofNanos(early));
                }
                DecidedBatch batch = updates(settings.operations());
                queued.put(batch.sequence(), Math.max(due, 0));
                if (at.contains(each)) {
                    described = false;
                    checkpointQueued = environment.clock().nanoTime();
                    executor.submit(new ExecutionRequest.UpdateAndGetAppState(batch));
                } else {
                    executor.submit(new ExecutionRequest.Update(batch));
                }
            }
            while (!described || !queued.isEmpty()) {
                environment.sleep(Duration.ofMillis(1));
            }
        }

        void report(String what) {
            System.out.printf(
                    Locale.ROOT,
                    "ordered batches, %-24s p50 %.2f ms, p99 %.2f ms, longest %.2f ms; hashed in %.0f ms%n",
                    what,
                    latencyMicros.getValueAtPercentile(50) / 1000.0,
                    latencyMicros.getValueAtPercentile(99) / 1000.0,
                    latencyMicros.getMaxValue() / 1000.0,
                    checkpointNanos / 1e6);
        }

        /** What is asked is made beforehand: making it costs as much as answering it. */
        void read(AtomicBoolean over) {
            List<RequestBundle> questions = questions();
            for (int next = 0; !over.get(); next = (next + 1) % questions.size()) {
                unanswered.acquireUninterruptibly();
                executor.offer(new ExecutionRequest.ExecuteUnordered(List.of(questions.get(next))));
            }
        }

        private List<RequestBundle> questions() {
            Random chosen = new Random(2);
            List<RequestBundle> questions = new ArrayList<>();
            for (int bundle = 0; bundle < QUESTIONS; bundle++) {
                List<Request> requests = new ArrayList<>();
                for (int each = 0; each < READS_PER_BUNDLE; each++) {
                    requests.add(new Request(
                            Request.Kind.UNORDERED,
                            SessionId.NONE,
                            each,
                            FilledStore.key(chosen.nextInt(settings.entries()))));
                }
                questions.add(bundle(requests, List.of()));
            }
            return questions;
        }

        @Override
        public void ordered(long view, Map<ClientId, List<Reply>> replies) {
            Long since = queued.remove(view);
            if (since != null) {
                latencyMicros.recordValue(Math.max(0, environment.clock().nanoTime() - since) / 1000);
            }
        }

        @Override
        public void unordered(long view, Map<ClientId, List<Reply>> replies) {
            int answered = replies.values().stream().mapToInt(List::size).sum();
            reads.add(answered);
            unanswered.release(answered / READS_PER_BUNDLE);
        }

        @Override
        public long waiting(ClientId client) {
            return 0;
        }

        @Override
        public void checkpoint(long at, Digest chainThere, Digest stateDigest) {
            checkpointNanos = environment.clock().nanoTime() - checkpointQueued;
            described = true;
        }

        @Override
        public void installed(AnsweredNumbers answered) {}

        @Override
        public void failed(Throwable cause) {
            cause.printStackTrace();
            System.exit(1);
        }

        @Override
        public void close() {
            executor.close();
            environment.close();
        }
    }
}
