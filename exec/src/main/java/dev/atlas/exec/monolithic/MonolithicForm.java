package dev.atlas.exec.monolithic;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.DivisibleState.Part;
import dev.atlas.core.application.DivisibleState.PartDescriptor;
import dev.atlas.core.application.DivisibleState.PlainPart;
import dev.atlas.core.application.MonolithicState;
import dev.atlas.exec.executor.Chunks;
import dev.atlas.exec.executor.FrozenState;
import dev.atlas.exec.executor.Snapshots;
import dev.atlas.exec.executor.StateForm;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/** The state's stream, cut into chunks. */
final class MonolithicForm<S extends MonolithicState> implements StateForm<S> {

    @Override
    public FrozenState freeze(S state) {
        return Snapshots.of(state)
                .map(snapshot -> new Stream(() -> Chunks.write(snapshot::writeTo)))
                .orElseGet(() -> {
                    List<ByteString> now = Chunks.write(state::writeTo);
                    return new Stream(() -> now);
                });
    }

    @Override
    public Part read(S any, PartDescriptor part, ByteString bytes) throws IOException {
        return PlainPart.read(part, bytes);
    }

    @Override
    public boolean inAnyOrder() {
        return false;
    }

    @Override
    public void install(S state, PartSource parts) throws IOException, InterruptedException {
        try (PartStream stream = new PartStream(parts)) {
            state.readFrom(stream);
            if (stream.read() >= 0) {
                throw new IOException("the state has not read all of its bytes");
            }
        }
    }

    /** Serialised when it is first asked for, and then kept: a chunk in the middle cannot be written alone. */
    private static final class Stream implements FrozenState {

        private final ReentrantLock lock = new ReentrantLock();

        /** Guarded by the lock. From the first call on just the bytes: it must not keep the snapshot, as large again, alive beside them. */
        private Supplier<List<ByteString>> serialised;

        Stream(Supplier<List<ByteString>> serialised) {
            this.serialised = serialised;
        }

        @Override
        public List<PartDescriptor> parts() {
            return Chunks.describe(chunks());
        }

        @Override
        public Part part(PartDescriptor part) {
            return new PlainPart(part, chunks().get(Chunks.index(part)));
        }

        private List<ByteString> chunks() {
            lock.lock();
            try {
                List<ByteString> chunks = serialised.get();
                serialised = () -> chunks;
                return chunks;
            } finally {
                lock.unlock();
            }
        }
    }

    private static final class PartStream extends InputStream {

        private final PartSource parts;
        private InputStream current = InputStream.nullInputStream();
        private boolean ended;

        PartStream(PartSource parts) {
            this.parts = parts;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            int read = current.read(target, offset, length);
            while (read < 0 && !ended) {
                try {
                    Optional<Part> next = parts.next();
                    ended = next.isEmpty();
                    current = next.map(part -> part.bytes().newInput()).orElseGet(InputStream::nullInputStream);
                } catch (InterruptedException interrupted) {
                    Thread.currentThread().interrupt();
                    throw new InterruptedIOException("interrupted");
                }
                read = current.read(target, offset, length);
            }
            return read;
        }
    }
}
