package dev.atlas.net.connection;

import dev.atlas.net.env.Environment;
import dev.atlas.net.identity.NodeKind;
import java.time.Duration;

/**
 * Has a reader whose peer sends without pause let others go first, now and then. A virtual thread keeps its carrier until it waits, and a
 * reader never waits while there is more to read: as many such peers as there are carriers would hold up every other thread, whatever
 * they send.
 *
 * <p>It waits for a timer that is due at once. Yielding would not do: that puts a thread behind those which wait for the same carrier, and
 * one that is woken by a timer or a socket waits for any carrier that has none left. Owned by one reader thread.
 */
final class Pace {

    /** Most that a receiver is given at once. */
    static final int MESSAGES = 256;

    /** What a read costs, in the parts of about a microsecond that a message without worth costs too. */
    private static final int PARTS_OF_READ = 8;

    private static final int BYTES_OF_PART = 256;
    /** So long after a part of work it is forgotten: who reads less than this hardly ever stops for it. */
    private static final long NANOS_OF_PART = 4_000;

    private static final int PARTS_OF_CLIENT = 256;
    /** They are few and known, and bring others' bodies and states. */
    private static final int PARTS_OF_MEMBER = 16 * PARTS_OF_CLIENT;

    private final Environment environment;
    private final int atOnce;
    private long done;
    /** When what was done then had been forgotten; a time of the environment's clock. */
    private long since;

    Pace(Environment environment, NodeKind peer) {
        this.environment = environment;
        this.atOnce = peer == NodeKind.CLIENT ? PARTS_OF_CLIENT : PARTS_OF_MEMBER;
        this.since = environment.clock().nanoTime();
    }

    /** After a read, before its messages are handed on. */
    void read(int bytes) throws InterruptedException {
        did(PARTS_OF_READ + bytes / BYTES_OF_PART);
    }

    /** After some messages, at most {@link #MESSAGES}. */
    void delivered(int messages) throws InterruptedException {
        did(messages);
    }

    private void did(int parts) throws InterruptedException {
        done += parts;
        if (done >= atOnce) {
            long now = environment.clock().nanoTime();
            done = Math.max(0, done - (now - since) / NANOS_OF_PART);
            since = now;
        }
        if (done >= atOnce) {
            environment.sleep(Duration.ZERO);
            done = 0;
            since = environment.clock().nanoTime();
        }
    }
}
