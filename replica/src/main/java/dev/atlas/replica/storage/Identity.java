package dev.atlas.replica.storage;

import dev.atlas.net.crypto.Digest;
import dev.atlas.net.crypto.Hasher;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.replica.config.ReplicaConfig;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Whose records a directory holds, and what they allow.
 *
 * @param membership digest of the membership
 */
record Identity(String clusterId, ReplicaId replica, Digest membership, Status status) {

    /** Whether the replica may vote. */
    enum Status {
        /** The genesis marker: a replica of a new cluster, which has not started yet. */
        CREATED('c'),
        /** Everything that it has said is here. */
        VOTER('v'),
        /** It runs, and what it says may not be here: closed in order it becomes {@link #VOTER} again. */
        VOLATILE('o'),
        /** It may have forgotten what it said. */
        LEARNER('l');

        private final byte code;

        Status(char code) {
            this.code = (byte) code;
        }

        static Status of(byte code) throws StorageException {
            for (Status status : values()) {
                if (status.code == code) {
                    return status;
                }
            }
            throw Seal.damaged(Key.IDENTITY.only(), "has an unknown status");
        }
    }

    static Identity of(ReplicaConfig config, Status status) {
        return new Identity(
                config.clusterId(),
                config.self(),
                Hasher.hash(config.membership().toString().getBytes(StandardCharsets.UTF_8)),
                status);
    }

    /** Whether a replica that starts with this votes at once. */
    boolean votes() {
        return status == Status.CREATED || status == Status.VOTER;
    }

    Identity with(Status other) {
        return new Identity(clusterId, replica, membership, other);
    }

    byte[] encode() {
        byte[] cluster = clusterId.getBytes(StandardCharsets.UTF_8);
        ByteBuffer record = Seal.room(1 + Integer.BYTES + Digest.BYTES + cluster.length);
        record.put(status.code).putInt(replica.number());
        membership.write(record);
        record.put(cluster);
        return Seal.close(Key.IDENTITY.only(), record);
    }

    static Identity decode(byte[] sealed) throws StorageException {
        ByteBuffer record = Seal.open(Key.IDENTITY.only(), sealed);
        Status status = Status.of(record.get());
        ReplicaId replica = new ReplicaId(record.getInt());
        Digest membership = Digest.read(record);
        return new Identity(StandardCharsets.UTF_8.decode(record).toString(), replica, membership, status);
    }

    void checkSame(Identity configured) throws StorageException {
        if (!clusterId.equals(configured.clusterId) || !replica.equals(configured.replica)) {
            throw new StorageException("the directory is that of " + replica + " of cluster \"" + clusterId
                    + "\", and this is " + configured.replica + " of \"" + configured.clusterId
                    + "\": give each replica its own");
        }
        if (!membership.equals(configured.membership)) {
            throw new StorageException(
                    "the directory was written under another membership (members or keys) of cluster \"" + clusterId
                            + "\": start with the membership that it was created with");
        }
    }
}
