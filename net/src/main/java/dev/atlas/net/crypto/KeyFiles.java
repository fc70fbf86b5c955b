package dev.atlas.net.crypto;

import dev.atlas.net.crypto.SignatureScheme.KeyPair;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Key pairs in files, one each: lines {@code secret <hex>} and {@code public <hex>}; others begin with {@code #}.
 *
 * <p>Whoever reads the file can act as the node. Where the file system knows POSIX permissions, it is created for its owner alone,
 * and one that others may use is refused. Errors never repeat the contents. Stateless.
 */
public final class KeyFiles {

    private static final String COMMENT =
            "# The key pair of one Atlas node. Whoever has it is the node: keep it secret, never share it.";
    private static final String SECRET = "secret ";
    private static final String PUBLIC = "public ";
    private static final Set<PosixFilePermission> OWNER_ONLY =
            Set.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);

    /** A file of this kind has a few hundred bytes; a mistaken path must not fill the memory. */
    private static final int MAX_FILE_BYTES = 4096;

    private KeyFiles() {}

    /**
     * Creates the file, durably; its directory must exist.
     *
     * @throws KeyFileException if there is a file already: a key is never overwritten
     */
    public static void write(Path file, KeyPair keys) throws IOException {
        HexFormat hex = HexFormat.of();
        String text = String.join("\n", COMMENT, SECRET + hex.formatHex(keys.secret()), PUBLIC + keys.publicKey(), "");
        FileAttribute<?>[] attributes = hasPermissions(file)
                ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(OWNER_ONLY)}
                : new FileAttribute<?>[0];
        Set<StandardOpenOption> options = EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        try (FileChannel channel = FileChannel.open(file, options, attributes)) {
            writeOrDelete(file, channel, ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)));
        } catch (FileAlreadyExistsException exists) {
            throw new KeyFileException(
                    file + " exists already, and a key is never overwritten: remove it or choose another name", exists);
        }
    }

    /**
     * @throws KeyFileException if the file is missing, open to others, or not a key pair of this scheme
     */
    public static KeyPair read(Path file, SignatureScheme scheme) throws IOException {
        List<String> lines = contents(file).lines().toList();
        KeyPair keys;
        try {
            keys = scheme.fromSecret(field(file, lines, SECRET));
        } catch (IllegalArgumentException notOfThisScheme) {
            // Without the cause: it may quote the secret.
            throw damaged(file, "its secret is not one of the signature scheme in use");
        }
        if (!HexFormat.of()
                .formatHex(field(file, lines, PUBLIC))
                .equals(keys.publicKey().toString())) {
            throw damaged(file, "its public key is not the one of its secret");
        }
        return keys;
    }

    private static void writeOrDelete(Path file, FileChannel channel, ByteBuffer text) throws IOException {
        try {
            while (text.hasRemaining()) {
                channel.write(text);
            }
            channel.force(true);
        } catch (IOException failure) {
            // Half a key would only be refused later.
            Files.deleteIfExists(file);
            throw failure;
        }
    }

    private static String contents(Path file) throws IOException {
        try (InputStream input = Files.newInputStream(file)) {
            if (hasPermissions(file) && !OWNER_ONLY.containsAll(Files.getPosixFilePermissions(file))) {
                throw new KeyFileException("others may use the key file " + file
                        + ": allow its owner only to read and write it (chmod 600), and consider a new key");
            }
            byte[] bytes = input.readNBytes(MAX_FILE_BYTES + 1);
            if (bytes.length > MAX_FILE_BYTES) {
                throw damaged(file, "it has more than " + MAX_FILE_BYTES + " bytes");
            }
            return new String(bytes, StandardCharsets.US_ASCII);
        } catch (NoSuchFileException missing) {
            throw new KeyFileException(
                    "there is no key file " + file + ": generate a key pair, or correct the path", missing);
        }
    }

    private static byte[] field(Path file, List<String> lines, String name) throws KeyFileException {
        List<String> found =
                lines.stream().filter(line -> line.startsWith(name)).toList();
        if (found.size() != 1) {
            throw damaged(file, "it needs one line that begins with \"" + name + "\", not " + found.size());
        }
        String text = found.getFirst().substring(name.length()).strip();
        return parse(text).orElseThrow(() -> damaged(file, "what follows \"" + name + "\" is not hexadecimal"));
    }

    private static Optional<byte[]> parse(String hexadecimal) {
        boolean valid = hexadecimal.length() % 2 == 0 && hexadecimal.chars().allMatch(HexFormat::isHexDigit);
        return valid ? Optional.of(HexFormat.of().parseHex(hexadecimal)) : Optional.empty();
    }

    private static KeyFileException damaged(Path file, String reason) {
        return new KeyFileException(
                file + " is not a usable key file, " + reason + ": restore it from a copy, or generate a new key pair");
    }

    private static boolean hasPermissions(Path file) {
        return file.getFileSystem().supportedFileAttributeViews().contains("posix");
    }
}
