package dev.atlas.it.bench.transport;

import java.io.IOException;
import java.nio.ByteBuffer;

/** One node of a contender. Those with a higher number dial those with a lower one. */
interface BenchNode extends AutoCloseable {

    /** Bytes in front of every payload. */
    int HEADER_BYTES = 5;

    /** The module that payloads are sent for. */
    byte MODULE = 2;

    /** How much is gathered for one write, and asked for with one read. */
    int BUFFER_BYTES = 64 * 1024;

    /** Blocks until there is a connection to every other node. */
    void connect() throws IOException, InterruptedException;

    Link to(int peer);

    @Override
    void close();

    /** The way to one peer; used by one thread at a time. */
    interface Link {

        /** Sends or queues, blocking while too much is on its way; the message is not changed any more. */
        void send(ByteBuffer message) throws IOException, InterruptedException;

        /** Nothing follows at once: what was gathered leaves now. */
        void flush() throws IOException, InterruptedException;
    }
}
