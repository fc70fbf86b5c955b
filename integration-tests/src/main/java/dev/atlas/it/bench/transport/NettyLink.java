package dev.atlas.it.bench.transport;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Gathers on the sending thread; one hand-over to the event loop for each buffer. */
final class NettyLink implements BenchNode.Link {

    private final Channel channel;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition writable = lock.newCondition();
    /** Owned by the sending thread; released by the event loop that it is handed to. */
    private ByteBuf gathered;

    NettyLink(Channel channel) {
        this.channel = channel;
        this.gathered = channel.alloc().ioBuffer(BenchNode.BUFFER_BYTES);
    }

    @Override
    public void send(ByteBuffer message) throws InterruptedException {
        int length = message.remaining();
        if (BenchNode.BUFFER_BYTES - gathered.writerIndex() < BenchNode.HEADER_BYTES + length) {
            flush();
        }
        gathered.writeInt(length).writeByte(BenchNode.MODULE).writeBytes(message.duplicate());
    }

    @Override
    public void flush() throws InterruptedException {
        if (!gathered.isReadable()) {
            return;
        }
        if (!channel.isWritable()) {
            awaitWritable();
        }
        // A void promise: a failure goes to the pipeline, which closes the channel.
        var unused = channel.writeAndFlush(gathered, channel.voidPromise());
        gathered = channel.alloc().ioBuffer(BenchNode.BUFFER_BYTES);
    }

    private void awaitWritable() throws InterruptedException {
        lock.lock();
        try {
            while (!channel.isWritable() && channel.isActive()) {
                writable.await();
            }
        } finally {
            lock.unlock();
        }
    }

    void writabilityChanged() {
        lock.lock();
        try {
            writable.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
