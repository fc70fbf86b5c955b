package dev.atlas.replica.storage;

import java.io.IOException;

/** Where one replica's records are. */
public interface Disk {

    /**
     * Opens what is there, or creates it.
     *
     * @throws StorageException if it is in use, was damaged, or cannot be had; nothing there is changed then
     */
    Store open() throws IOException;
}
