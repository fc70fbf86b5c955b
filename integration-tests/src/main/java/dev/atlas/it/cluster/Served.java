package dev.atlas.it.cluster;

import dev.atlas.exec.executor.ExecutorFactory;
import dev.atlas.exec.monolithic.SingleThreadedMonolithicExecutor;
import dev.atlas.exec.state.KeyValueStore;

/** What the replicas of a cluster of processes run. */
public sealed interface Served {

    /** {@link Echo}. */
    record Replies(int bytes) implements Served {}

    /** {@link KeyValueStore}. */
    record Store(ExecutorChoice executor) implements Served {}

    default ExecutorFactory factory() {
        return switch (this) {
            case Replies replies -> SingleThreadedMonolithicExecutor.of(new Echo(replies.bytes()));
            case Store store -> store.executor().of(new KeyValueStore());
        };
    }

    /** For {@link #named}. */
    default String text() {
        return switch (this) {
            case Replies replies -> Integer.toString(replies.bytes());
            case Store store -> store.executor().text();
        };
    }

    static Served named(String text) {
        return text.chars().allMatch(Character::isDigit)
                ? new Replies(Integer.parseInt(text))
                : new Store(ExecutorChoice.named(text));
    }
}
