package dev.atlas.core.ordering;

import dev.atlas.net.identity.ReplicaId;
import java.util.HashMap;
import java.util.Map;

/**
 * What each member may fetch: so many bytes a second, and as many at once after a second of asking for nothing. Who asks for more is not answered, asks others,
 * and asks again. Not thread-safe.
 *
 * <p>A fetch is a few bytes that cost their answerer millions; without a bound, one member could keep another busy with nothing else.
 */
public final class Allowance {

    private static final long NANOS_PER_SECOND = 1_000_000_000;

    private final long bytesPerSecond;

    /** Keyed by members only: whoever asks has been found to be one. */
    private final Map<ReplicaId, Account> accounts = new HashMap<>();

    public Allowance(long bytesPerSecond) {
        if (bytesPerSecond < 1) {
            throw new IllegalArgumentException("an allowance is 1 or more, not " + bytesPerSecond);
        }
        this.bytesPerSecond = bytesPerSecond;
    }

    /** Whether there is something left; the last answer may be larger than that. */
    public boolean isLeft(ReplicaId peer, long nowNanos) {
        return account(peer, nowNanos).leftNanos > 0;
    }

    public void spend(ReplicaId peer, long nowNanos, long bytes) {
        account(peer, nowNanos).leftNanos -= (long) ((double) bytes / bytesPerSecond * NANOS_PER_SECOND);
    }

    private Account account(ReplicaId peer, long nowNanos) {
        Account account = accounts.computeIfAbsent(peer, unknown -> new Account(nowNanos));
        long passed = Math.max(0, nowNanos - account.sinceNanos);
        account.leftNanos = Math.min(NANOS_PER_SECOND, account.leftNanos + passed);
        account.sinceNanos += passed;
        return account;
    }

    private static final class Account {
        /** In the time that what is left took to come. */
        private long leftNanos = NANOS_PER_SECOND;

        private long sinceNanos;

        Account(long sinceNanos) {
            this.sinceNanos = sinceNanos;
        }
    }
}
