package dev.atlas.exec.executor;

import dev.atlas.core.application.SnapshotState;
import java.util.Optional;

/** Copies of states that can be copied in no time. */
public final class Snapshots {

    private Snapshots() {}

    /** A snapshot, if the state is of the kind that gives one. */
    public static <S> Optional<S> of(S state) {
        if (!(state instanceof SnapshotState<?> copyable)) {
            return Optional.empty();
        }
        @SuppressWarnings("unchecked") // getClass of an S is a class of some S
        Class<? extends S> type = (Class<? extends S>) state.getClass();
        return Optional.of(type.cast(copyable.snapshot()));
    }
}
