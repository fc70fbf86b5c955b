package dev.atlas.net.crypto;

import dev.atlas.net.env.SystemEnvironment;
import java.io.IOException;
import java.nio.file.Path;

/**
 * The command that makes a node's key: {@code java -cp ... dev.atlas.net.crypto.GenerateKey FILE...} writes a new Ed25519 key pair to each
 * file and prints its public key, which goes into the membership. Exit code 1 if a file could not be written, 2 without arguments.
 */
public final class GenerateKey {

    private GenerateKey() {}

    public static void main(String[] files) {
        if (files.length == 0) {
            System.err.println("usage: GenerateKey FILE...   writes a new Ed25519 key pair to each file");
            System.exit(2);
        }
        try {
            for (String file : files) {
                System.out.println(generate(Path.of(file)) + "  " + file);
            }
        } catch (IOException e) {
            System.err.println(e.getMessage());
            System.exit(1);
        }
    }

    /** Writes a fresh key pair; never over a file that exists. */
    static PublicKey generate(Path file) throws IOException {
        try (SystemEnvironment environment = SystemEnvironment.create("generate-key", 1)) {
            SignatureScheme.KeyPair keys = new Ed25519Scheme().generate(environment.random());
            KeyFiles.write(file, keys);
            return keys.publicKey();
        }
    }
}
