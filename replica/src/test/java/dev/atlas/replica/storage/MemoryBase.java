package dev.atlas.replica.storage;

import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/** A store that one thread may write to while another reads; it can fail, and be held up. */
final class MemoryBase implements Store {

    private final ConcurrentSkipListMap<byte[], byte[]> contents = new ConcurrentSkipListMap<>(Arrays::compareUnsigned);
    private final AtomicReference<Optional<IOException>> fault;
    private final AtomicInteger writes = new AtomicInteger();
    private volatile CountDownLatch held = new CountDownLatch(0);

    MemoryBase(AtomicReference<Optional<IOException>> fault) {
        this.fault = fault;
    }

    /** Writes wait until that is counted down. */
    CountDownLatch hold() {
        held = new CountDownLatch(1);
        return held;
    }

    int writes() {
        return writes.get();
    }

    @Override
    public Optional<byte[]> get(byte[] key) {
        return Optional.ofNullable(contents.get(key));
    }

    @Override
    public void scan(byte[] from, byte[] to, Visitor visitor) throws IOException {
        for (Map.Entry<byte[], byte[]> entry : contents.subMap(from, to).entrySet()) {
            if (!visitor.visit(entry.getKey(), entry.getValue())) {
                return;
            }
        }
    }

    @Override
    public void write(Changes changes, boolean synced) throws IOException {
        try {
            held.await();
        } catch (InterruptedException interrupted) {
            throw new IOException(interrupted);
        }
        if (fault.get().isPresent()) {
            throw fault.get().get();
        }
        for (Changes.Change change : changes.all()) {
            change.value()
                    .ifPresentOrElse(value -> contents.put(change.key(), value), () -> contents.remove(change.key()));
        }
        writes.incrementAndGet();
    }

    @Override
    public void sync() {}

    @Override
    public void close() {}
}
