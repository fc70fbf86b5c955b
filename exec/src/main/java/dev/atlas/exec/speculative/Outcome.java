package dev.atlas.exec.speculative;

/** How an incarnation has ended. */
sealed interface Outcome<R> {

    record Result<R>(R result) implements Outcome<R> {}

    /** May come of inconsistent reads, and is then forgotten; of consistent ones it is the operation's own. */
    record Failed<R>(Throwable cause) implements Outcome<R> {}

    /** Stopped: it cannot be committed. */
    record None<R>() implements Outcome<R> {}
}
