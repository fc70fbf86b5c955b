package dev.atlas.exec.session;

import dev.atlas.core.message.Reply;

/** What the session table says to an ordered request. */
public sealed interface Verdict {

    /** New: execute it and tell the table. */
    record Execute() implements Verdict {}

    /** Settled: this is the answer. */
    record Answer(Reply reply) implements Verdict {}
}
