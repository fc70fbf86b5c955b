package dev.atlas.it.demo;

import com.google.protobuf.ByteString;
import dev.atlas.core.client.SmrClient;
import dev.atlas.exec.state.KeyValueReply;
import dev.atlas.exec.state.KeyValueRequest;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.crypto.Hasher;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Files as entries of a replicated key/value store: a manifest and chunks below the request limit. Thread-safe. */
final class FileStore {

    /** Half of the largest request, so that key and framing fit too. */
    private static final int CHUNK_BYTES = 512 * 1024;

    private final SmrClient<KeyValueRequest, KeyValueReply> client;
    private final Progress progress;

    FileStore(SmrClient<KeyValueRequest, KeyValueReply> client, Progress progress) {
        this.client = client;
        this.progress = progress;
    }

    /** What was stored of a file. */
    record Stored(String name, long size, int chunks, Digest sha256) {}

    /** Stores a file's chunks and then its manifest, each an ordered request. */
    Stored store(String name, Path file) throws IOException {
        Hasher hasher = new Hasher();
        long size = 0;
        int chunks = 0;
        try (InputStream input = Files.newInputStream(file)) {
            for (byte[] chunk = input.readNBytes(CHUNK_BYTES);
                    chunk.length > 0;
                    chunk = input.readNBytes(CHUNK_BYTES)) {
                hasher.update(chunk);
                put(chunkKey(name, chunks), ByteString.copyFrom(chunk));
                size += chunk.length;
                chunks++;
            }
        }
        Stored stored = new Stored(name, size, chunks, hasher.digest());
        ByteBuffer manifest = ByteBuffer.allocate(Long.BYTES + Integer.BYTES + Digest.BYTES)
                .putLong(size)
                .putInt(chunks);
        stored.sha256().write(manifest);
        put(manifestKey(name), ByteString.copyFrom(manifest.flip()));
        progress.file();
        return stored;
    }

    /**
     * Reads a file back by unordered requests and compares it with what was stored.
     *
     * @return what is wrong, or empty
     */
    Optional<String> verify(Stored expected) {
        Optional<ByteString> manifest = get(manifestKey(expected.name()));
        if (manifest.isEmpty()) {
            return Optional.of(expected.name() + ": lost");
        }
        ByteBuffer fields = manifest.get().asReadOnlyByteBuffer();
        long size = fields.getLong();
        int chunks = fields.getInt();
        Digest digest = Digest.read(fields);
        Hasher hasher = new Hasher();
        for (int chunk = 0; chunk < chunks; chunk++) {
            Optional<ByteString> bytes = get(chunkKey(expected.name(), chunk));
            if (bytes.isEmpty()) {
                return Optional.of(expected.name() + ": chunk " + chunk + " is lost");
            }
            hasher.update(bytes.get().asReadOnlyByteBuffer());
        }
        progress.file();
        boolean same = size == expected.size()
                && chunks == expected.chunks()
                && digest.equals(expected.sha256())
                && hasher.digest().equals(expected.sha256());
        return same ? Optional.empty() : Optional.of(expected.name() + ": its content differs from what was stored");
    }

    private void put(ByteString key, ByteString value) {
        long start = progress.start();
        client.execute(new KeyValueRequest.Put(key, value));
        progress.operation(start, value.size());
    }

    private Optional<ByteString> get(ByteString key) {
        long start = progress.start();
        KeyValueReply reply = client.executeUnordered(new KeyValueRequest.Get(key));
        if (reply instanceof KeyValueReply.Value value) {
            progress.operation(start, value.value().map(ByteString::size).orElse(0));
            return value.value();
        }
        throw new IllegalStateException("a read was answered with " + reply);
    }

    private static ByteString manifestKey(String name) {
        return ByteString.copyFromUtf8("m/" + name);
    }

    private static ByteString chunkKey(String name, int chunk) {
        return ByteString.copyFromUtf8("c/" + chunk + "/" + name);
    }
}
