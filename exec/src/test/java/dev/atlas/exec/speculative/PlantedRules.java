package dev.atlas.exec.speculative;

import com.google.protobuf.ByteString;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** The rules, each in turn broken, with threads that yield wherever others may go on. */
class PlantedRules extends Rules {

    private @Nullable SeededEnvironment environment;
    private volatile boolean abandoned;

    void interleaveIn(SeededEnvironment seeded) {
        environment = seeded;
    }

    /** Nobody waits for the block any more: whoever comes here stays here, and computes no more. */
    void abandon() {
        abandoned = true;
    }

    @Override
    void pause() {
        if (abandoned) {
            LockSupport.park();
        }
        if (environment != null) {
            environment.pause();
        }
    }

    /** An operation that begins never ends. */
    static final class Endless extends PlantedRules {
        @Override
        <R> Outcome<R> outcome(Transaction<R> transaction, Outcome<R> latest) {
            for (; ; ) {
                pause();
            }
        }
    }

    static final class NoValidation extends PlantedRules {
        @Override
        boolean isValid(View view) {
            return true;
        }

        @Override
        boolean isValidInOrder(View view) {
            return true;
        }
    }

    /** Validates when an operation has run, and believes it when its turn comes. */
    static final class ValidationOutOfOrder extends PlantedRules {
        @Override
        boolean isValidInOrder(View view) {
            return true;
        }
    }

    /** Leaves what an aborted incarnation wrote. */
    static final class StaleEstimate extends PlantedRules {
        @Override
        void withdraw(Cell cell, int writer) {
            for (Version left = cell.by(writer); left.estimate; left.estimate = false) {
                // Taken for good.
            }
        }
    }

    static final class LostTombstone extends PlantedRules {
        @Override
        Optional<ByteString> value(Cell cell, Version version) {
            return version.value.isEmpty() ? cell.base().value : version.value;
        }
    }

    static final class ColumnIgnored extends PlantedRules {
        @Override
        Location location(String column, ByteString key) {
            return new Location("a", key);
        }
    }

    static final class ReplyOfAnEarlyIncarnation extends PlantedRules {
        @Override
        <R> Outcome<R> outcome(Transaction<R> transaction, Outcome<R> latest) {
            return transaction.outcome() instanceof Outcome.None<R> ? latest : transaction.outcome();
        }
    }
}
