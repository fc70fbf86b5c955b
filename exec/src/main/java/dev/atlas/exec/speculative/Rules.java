package dev.atlas.exec.speculative;

import com.google.protobuf.ByteString;
import java.util.Optional;

/**
 * The decisions on which the correctness of speculation rests, one method each.
 *
 * <p>A seam: tests break them one by one to show that the comparison with sequential execution notices, and interleave operations in {@link #pause}.
 */
class Rules {

    static final Rules CORRECT = new Rules();

    /** Called before every step that another thread may see or disturb. */
    void pause() {}

    Location location(String column, ByteString key) {
        return new Location(column, key);
    }

    /** What a reader makes of a version. */
    Optional<ByteString> value(Cell cell, Version version) {
        return version.value;
    }

    /** Whether what an operation has read is what it would read now; saves work, decides nothing. */
    boolean isValid(View view) {
        return view.isCurrent();
    }

    /** The same when its turn to commit has come: an answer from before does not count, since writes of those before it may have come between. */
    boolean isValidInOrder(View view) {
        return view.isCurrent();
    }

    /** Removes what an earlier incarnation wrote and the latest did not. */
    void withdraw(Cell cell, int writer) {
        cell.remove(writer);
    }

    /** Which outcome of an operation counts: that of its last incarnation. */
    <R> Outcome<R> outcome(Transaction<R> transaction, Outcome<R> latest) {
        return latest;
    }
}
