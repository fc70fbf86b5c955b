package dev.atlas.net.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GenerateKeyTest {

    @TempDir
    Path directory;

    @Test
    void theFileHoldsTheKeyWhosePublicPartIsPrintedAndIsNeverOverwritten() throws Exception {
        Path file = directory.resolve("node.key");
        PublicKey printed = GenerateKey.generate(file);
        assertThat(KeyFiles.read(file, new Ed25519Scheme()).publicKey()).isEqualTo(printed);
        assertThatThrownBy(() -> GenerateKey.generate(file)).isInstanceOf(KeyFileException.class);
        assertThat(GenerateKey.generate(directory.resolve("other.key"))).isNotEqualTo(printed);
    }
}
