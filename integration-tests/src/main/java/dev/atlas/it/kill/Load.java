package dev.atlas.it.kill;

import com.google.protobuf.ByteString;
import dev.atlas.core.client.SmrClient;
import dev.atlas.core.client.SmrException;
import dev.atlas.exec.state.KeyValueReply;
import dev.atlas.exec.state.KeyValueRequest;
import dev.atlas.it.sim.history.History;
import dev.atlas.it.sim.history.KeyValueModel;
import dev.atlas.it.sim.history.LinearizabilityChecker;
import dev.atlas.it.sim.history.Verdict;
import dev.atlas.net.env.Environment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Callers that read and write few keys in conflict, and what they saw. Only ordered requests: a fast read is not linearizable under every schedule.
 *
 * <p>The history is checked in chapters, each with keys of its own, since the work grows with its length; what a chapter's keys held at its end is read again
 * at the end of each later one.
 */
final class Load {

    private static final int KEYS = 6;
    private static final int MOST_PAUSE_MILLIS = 6;

    private final Environment environment;
    private final SmrClient<KeyValueRequest, KeyValueReply> client;
    private final TreeMap<String, KeyValueReply> finished = new TreeMap<>();
    private final ReentrantLock lock = new ReentrantLock();

    private volatile boolean over;

    /** Guarded by {@link #lock}, like all below. */
    private History<KeyValueRequest, KeyValueReply> history = new History<>();

    private int chapter;
    private long answered;
    private long unknown;
    private long lastAnswerNanos;
    private long longestGapNanos;

    Load(Environment environment, SmrClient<KeyValueRequest, KeyValueReply> client) {
        this.environment = environment;
        this.client = client;
        this.lastAnswerNanos = environment.clock().nanoTime();
    }

    /** One caller, until {@link #end}. */
    boolean call(String name, Random random) throws InterruptedException {
        for (int number = 0; !over; number++) {
            ByteString key = key(chapter(), random.nextInt(KEYS));
            ByteString value = ByteString.copyFromUtf8(name + "-" + number);
            execute(
                    name,
                    switch (random.nextInt(10)) {
                        case 0, 1, 2, 3 -> new KeyValueRequest.Put(key, value);
                        case 4 -> new KeyValueRequest.Delete(key);
                        case 5, 6 -> new KeyValueRequest.CompareAndSet(key, Optional.empty(), value);
                        default -> new KeyValueRequest.Get(key);
                    });
            environment.sleep(Duration.ofMillis(random.nextInt(MOST_PAUSE_MILLIS)));
        }
        return true;
    }

    private Optional<KeyValueReply> execute(String name, KeyValueRequest request) {
        int call = invoke(name, request);
        try {
            KeyValueReply reply = client.execute(request);
            complete(call, reply);
            return Optional.of(reply);
        } catch (SmrException.OutcomeUnknown | SmrException.ResultNotKept given) {
            settle(() -> {
                history.abandon(call);
                unknown++;
            });
        } catch (SmrException.NotExecuted refused) {
            settle(() -> history.refuse(call));
        }
        return Optional.empty();
    }

    private int invoke(String name, KeyValueRequest request) {
        lock.lock();
        try {
            return history.invoke(name, request, environment.clock().nanoTime());
        } finally {
            lock.unlock();
        }
    }

    private void complete(int call, KeyValueReply reply) {
        settle(() -> {
            long now = environment.clock().nanoTime();
            history.complete(call, reply, now);
            longestGapNanos = Math.max(longestGapNanos, now - lastAnswerNanos);
            lastAnswerNanos = now;
            answered++;
        });
    }

    private void settle(Runnable record) {
        lock.lock();
        try {
            record.run();
        } finally {
            lock.unlock();
        }
    }

    private int chapter() {
        lock.lock();
        try {
            return chapter;
        } finally {
            lock.unlock();
        }
    }

    private static ByteString key(int chapter, int key) {
        return ByteString.copyFromUtf8("chapter" + chapter + "/" + key);
    }

    /**
     * When no caller runs: reads every key of the chapter, checks its history, reads the keys of those before, and begins the next.
     *
     * @return what is wrong
     */
    List<String> finishChapter() {
        List<String> wrong = new ArrayList<>();
        for (Map.Entry<String, KeyValueReply> before : finished.entrySet()) {
            KeyValueReply now = client.execute(new KeyValueRequest.Get(ByteString.copyFromUtf8(before.getKey())));
            if (!now.equals(before.getValue())) {
                wrong.add(before.getKey() + " was " + before.getValue() + " and is " + now);
            }
        }
        for (int number = 0; number < KEYS; number++) {
            ByteString key = key(chapter, number);
            Optional<KeyValueReply> last = execute("last reader", new KeyValueRequest.Get(key));
            if (last.isPresent()) {
                finished.put(key.toStringUtf8(), last.get());
            } else {
                wrong.add(key.toStringUtf8() + " could not be read at the end");
            }
        }
        switch (new LinearizabilityChecker<>(new KeyValueModel()).check(history)) {
            case Verdict.Linearizable ignored -> {}
            case Verdict.Violation violation -> wrong.add(violation.partition() + ": " + violation.explanation());
            case Verdict.Undecided undecided ->
                wrong.add(undecided.partition() + ": neither linearizable nor not within " + undecided.limit()
                        + " steps");
        }
        settle(() -> {
            history = new History<>();
            chapter++;
            lastAnswerNanos = environment.clock().nanoTime();
        });
        return wrong;
    }

    /** Callers begin now: the time before counts for no gap. */
    void begin() {
        over = false;
        settle(() -> lastAnswerNanos = environment.clock().nanoTime());
    }

    /** Callers make no further call. */
    void end() {
        over = true;
    }

    long answered() {
        lock.lock();
        try {
            return answered;
        } finally {
            lock.unlock();
        }
    }

    /** Calls that were given up. */
    long unknown() {
        lock.lock();
        try {
            return unknown;
        } finally {
            lock.unlock();
        }
    }

    /** Between two answers, since this was asked last. */
    Duration longestGap() {
        lock.lock();
        try {
            Duration longest = Duration.ofNanos(longestGapNanos);
            longestGapNanos = 0;
            return longest;
        } finally {
            lock.unlock();
        }
    }
}
