package dev.atlas.replica.storage;

import java.io.IOException;
import java.nio.file.Path;

/** The second process of {@link LevelDbDiskTest}. */
final class OpenADirectory {

    private OpenADirectory() {}

    public static void main(String[] arguments) throws IOException {
        try (Store store = new LevelDbDisk(Path.of(arguments[0])).open()) {
            System.out.println("opened " + store);
        } catch (StorageException refused) {
            System.out.println(refused.getMessage());
        }
    }
}
