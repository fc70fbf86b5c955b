package dev.atlas.exec.session;

import dev.atlas.core.message.Reply;

/** What the session table says to an ordered request. */
public sealed interface Verdict {

    /** New: execute it and tell the table. */
    record Execute() implements Verdict {}

    /** Settled: this is the answer. */
    record Answer(Reply reply) implements Verdict {}

    /**
     * The same as one that is yet to be executed: its answer is what the table says to that one's reply.
     *
     * @param execution how many were judged {@link Execute} before that one since the table has had all replies
     */
    record Again(int execution) implements Verdict {}
}
