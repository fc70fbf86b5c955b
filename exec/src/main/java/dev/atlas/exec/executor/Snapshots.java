package dev.atlas.exec.executor;

import dev.atlas.core.application.SnapshotState;
import java.util.Optional;

/** Copies of states that can be copied in no time. */
public final class Snapshots {

    private Snapshots() {}

    /** A snapshot, if the state is of the kind that gives one. It need not be of the state's own class. */
    public static <S> Optional<S> of(S state) {
        if (!(state instanceof SnapshotState<?> copyable)) {
            return Optional.empty();
        }
        @SuppressWarnings("unchecked") // the promise of SnapshotState; S is not there to be asked at run time
        S snapshot = (S) copyable.snapshot();
        return Optional.of(snapshot);
    }
}
