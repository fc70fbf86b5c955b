package dev.atlas.it.bench.transport;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.List;
import java.util.function.IntConsumer;

/** Cuts Netty's stream into frames. Owned by the channel's event loop. */
final class NettyReader extends ByteToMessageDecoder {

    /** The module of the frame by which a dialling node says its number. */
    static final byte HELLO = 9;

    private final NettyLink link;
    private final Tally tally;
    private final IntConsumer begin;
    private int peer = -1;
    private long now;

    NettyReader(NettyLink link, Tally tally, IntConsumer begin) {
        this.link = link;
        this.tally = tally;
        this.begin = begin;
    }

    void identified(int number) {
        peer = number;
        begin.accept(number);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
        now = System.nanoTime();
        super.channelRead(context, message);
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        int count = 0;
        while (in.readableBytes() >= BenchNode.HEADER_BYTES) {
            int length = in.getInt(in.readerIndex());
            if (in.readableBytes() < BenchNode.HEADER_BYTES + length) {
                break;
            }
            byte module = in.getByte(in.readerIndex() + Integer.BYTES);
            in.skipBytes(BenchNode.HEADER_BYTES);
            // What an application would be given: a counted reference into the buffer that was read.
            ByteBuf payload = in.readRetainedSlice(length);
            if (module == HELLO) {
                identified(payload.getInt(payload.readerIndex()));
            } else {
                tally.message(peer, payload.getLong(payload.readerIndex()), now);
                count++;
            }
            payload.release();
        }
        if (count > 0) {
            tally.count(peer, count);
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) throws Exception {
        link.writabilityChanged();
        super.channelWritabilityChanged(context);
    }
}
