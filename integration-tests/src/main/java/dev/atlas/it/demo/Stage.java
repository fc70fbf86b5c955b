package dev.atlas.it.demo;

import dev.atlas.core.client.SmrClient;
import dev.atlas.exec.state.KeyValueReply;
import dev.atlas.exec.state.KeyValueRequest;
import dev.atlas.net.env.Environment;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/** The cluster that the demo plays on. One thread at a time drives it. */
interface Stage extends AutoCloseable {

    /** For the first line. */
    String describe();

    Environment environment();

    SmrClient<KeyValueRequest, KeyValueReply> client();

    /** The replica that most follow. */
    int leader() throws Exception;

    /** Numbers of the replicas that run, ascending. */
    List<Integer> running();

    /** Kills a replica in the middle of the work, and sees to it that it comes back if it can. */
    void killOne(int number) throws Exception;

    /** What replicas have to go through when everything is stored; says what it does, and returns lines for the summary. */
    List<String> trials() throws Exception;

    /**
     * Waits until all replicas that run have executed the same, and have the same state.
     *
     * @throws AssertionError if they do not within the deadline
     */
    void awaitEqualStates(Duration deadline) throws Exception;

    /** State digests and where they are from, different ones. */
    List<String> states() throws Exception;

    @Override
    void close() throws IOException;
}
