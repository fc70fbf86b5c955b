package dev.atlas.replica.transfer;

import dev.atlas.core.execution.StateInstallation;
import dev.atlas.core.message.CheckpointCertificate;
import dev.atlas.net.identity.ReplicaId;
import java.util.function.Consumer;

/** What a transfer asks of the replica that it runs in. */
public interface StateInstaller {

    /**
     * A source has shown a certificate, which has been checked. Told to ordering, it reaches all others, who then serve the state that it names: one that is known to a
     * liar alone could be offered, and never delivered, for ever.
     */
    void certified(ReplicaId from, CheckpointCertificate certificate);

    /**
     * Whether the state still would take the place of the present one; blocks, and changes nothing. False also if the replica is being closed.
     *
     * <p>While a state is fetched execution stands still, and the log goes on: it may close the gap, in particular one that a liar has made appear too large.
     */
    boolean wants(CheckpointCertificate certificate) throws InterruptedException;

    /**
     * Has the executor take its next state from the state channel, after all that was decided so far.
     *
     * @param ended hears how it ended; on another thread
     * @return false if the replica is being closed
     */
    boolean prepare(Consumer<StateInstallation> ended);

    /** Whether the state, of which every part is here, is to be installed; blocks. After true, ordering goes on from it. */
    boolean commit(CheckpointCertificate certificate) throws InterruptedException;
}
