package dev.atlas.net.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.atlas.net.crypto.SignatureScheme.KeyPair;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import org.assertj.core.api.ThrowableAssertAlternative;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeyFilesTest {

    private final Ed25519Scheme scheme = new Ed25519Scheme();
    private final SeededRandom random = new SeededRandom(600);
    private final KeyPair keys = scheme.generate(random);
    private final String secretHex = HexFormat.of().formatHex(keys.secret());

    @TempDir
    private Path directory;

    private Path file;

    @BeforeEach
    void name() {
        file = directory.resolve("node.key");
    }

    private ThrowableAssertAlternative<KeyFileException> assertThatReadFails() {
        return assertThatExceptionOfType(KeyFileException.class)
                .isThrownBy(() -> KeyFiles.read(file, scheme))
                .withMessageContaining(file.toString())
                .satisfies(failure -> assertThat(failure.getMessage()).doesNotContain(secretHex));
    }

    private void rewrite(String from, String to) throws IOException {
        String text = Files.readString(file);
        assertThat(text).contains(from);
        Files.writeString(file, text.replace(from, to));
    }

    private void assumePermissions() throws IOException {
        Assumptions.assumeTrue(Files.getFileStore(directory).supportsFileAttributeView("posix"));
    }

    @Test
    void aKeyPairGoesRoundUnchanged() throws IOException {
        KeyFiles.write(file, keys);
        KeyPair read = KeyFiles.read(file, scheme);
        assertThat(read.publicKey()).isEqualTo(keys.publicKey());
        assertThat(read.secret()).isEqualTo(keys.secret());
    }

    @Test
    void commentsAndForeignLineEndsAreAllowed() throws IOException {
        KeyFiles.write(file, keys);
        rewrite("\n", "\r\n");
        rewrite("secret ", "# replica 3\r\n\r\nsecret ");
        assertThat(KeyFiles.read(file, scheme).publicKey()).isEqualTo(keys.publicKey());
    }

    @Test
    void onlyItsOwnerMayUseTheFile() throws IOException {
        assumePermissions();
        KeyFiles.write(file, keys);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
    }

    @ParameterizedTest
    @ValueSource(strings = {"rw-r-----", "rw----r--", "rw--w----", "rwx------"})
    void aFileThatOthersMayUseIsRefused(String permissions) throws IOException {
        assumePermissions();
        KeyFiles.write(file, keys);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
        assertThatReadFails().withMessageContaining("chmod 600");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--------"));
        assertThat(KeyFiles.read(file, scheme).publicKey()).isEqualTo(keys.publicKey());
    }

    @Test
    void aKeyIsNeverOverwritten() throws IOException {
        KeyFiles.write(file, keys);
        assertThatExceptionOfType(KeyFileException.class)
                .isThrownBy(() -> KeyFiles.write(file, scheme.generate(random)))
                .withMessageContaining(file.toString());
        assertThat(KeyFiles.read(file, scheme).publicKey()).isEqualTo(keys.publicKey());
    }

    @Test
    void aMissingFileIsNamed() {
        assertThatReadFails().withMessageContaining("there is no key file");
        assertThatExceptionOfType(NoSuchFileException.class)
                .isThrownBy(() ->
                        KeyFiles.write(directory.resolve("no-such-directory").resolve("key"), keys));
    }

    @Test
    void aTruncatedFileIsRefused() throws IOException {
        KeyFiles.write(file, keys);
        String text = Files.readString(file);
        for (int length = 0; length < text.length() - 1; length++) {
            Files.writeString(file, text.substring(0, length));
            assertThatReadFails().withMessageContaining("not a usable key file");
        }
    }

    @Test
    void aDamagedSecretIsRefusedByItsPublicKey() throws IOException {
        KeyFiles.write(file, keys);
        rewrite(secretHex, HexFormat.of().formatHex(scheme.generate(random).secret()));
        assertThatReadFails().withMessageContaining("public key is not the one of its secret");
    }

    @Test
    void aSecretOfAnotherLengthIsRefused() throws IOException {
        KeyFiles.write(file, keys);
        rewrite(secretHex, secretHex + "00");
        assertThatReadFails()
                .withMessageContaining("not one of the signature scheme")
                .withNoCause();
    }

    @Test
    void whatIsNotHexadecimalIsRefusedAndNotRepeated() throws IOException {
        KeyFiles.write(file, keys);
        rewrite(secretHex, secretHex.substring(2) + "zz");
        assertThatReadFails()
                .withMessageContaining("not hexadecimal")
                .satisfies(failure -> assertThat(failure.getMessage()).doesNotContain(secretHex.substring(2)));
    }

    @Test
    void twoSecretsAreRefused() throws IOException {
        KeyFiles.write(file, keys);
        rewrite("public ", "secret " + secretHex + "\npublic ");
        assertThatReadFails().withMessageContaining("one line that begins with \"secret \", not 2");
    }

    @Test
    void aFileFarTooLargeIsNotReadWhole() throws IOException {
        KeyFiles.write(file, keys);
        Files.write(file, new byte[1 << 20]);
        assertThatReadFails().withMessageContaining("more than 4096 bytes");
    }
}
