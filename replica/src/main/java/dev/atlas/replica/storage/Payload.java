package dev.atlas.replica.storage;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;

/**
 * Changes as the payload of one record of the journal: how many there are, then for each 0 for a deletion or 1 (a byte), length and bytes of the key, and for 1
 * length and bytes of the value. Numbers are big-endian, of four bytes unless said.
 */
final class Payload {

    private static final byte DELETE = 0;
    private static final byte PUT = 1;

    private Payload() {}

    static long size(Changes changes) {
        long size = Integer.BYTES;
        for (Changes.Change change : changes.all()) {
            size += 1 + Integer.BYTES + change.key().length;
            if (change.value().isPresent()) {
                size += Integer.BYTES + change.value().get().length;
            }
        }
        return size;
    }

    static void write(Changes changes, ByteBuffer payload) {
        payload.putInt(changes.all().size());
        for (Changes.Change change : changes.all()) {
            payload.put(change.value().isPresent() ? PUT : DELETE);
            put(payload, change.key());
            if (change.value().isPresent()) {
                put(payload, change.value().get());
            }
        }
    }

    private static void put(ByteBuffer payload, byte[] bytes) {
        payload.putInt(bytes.length).put(bytes);
    }

    static Changes read(ByteBuffer payload) throws StorageException {
        try {
            Changes changes = new Changes();
            for (int left = payload.getInt(); left > 0; left--) {
                byte kind = payload.get();
                byte[] key = bytes(payload);
                if (kind == PUT) {
                    changes.put(key, bytes(payload));
                } else if (kind == DELETE) {
                    changes.delete(key);
                } else {
                    throw unreadable("a change of the unknown kind " + kind);
                }
            }
            return changes;
        } catch (BufferUnderflowException tooShort) {
            throw unreadable("too short a record");
        }
    }

    private static byte[] bytes(ByteBuffer payload) throws StorageException {
        int length = payload.getInt();
        if (length < 0 || length > payload.remaining()) {
            throw unreadable("a length of " + length + " with " + payload.remaining() + " bytes left");
        }
        byte[] bytes = new byte[length];
        payload.get(bytes);
        return bytes;
    }

    private static StorageException unreadable(String what) {
        return new StorageException(
                "the journal has " + what
                        + ", though it matches its checksum: nothing was changed. Put the directory aside and start with an empty one, as a learner");
    }
}
