package dev.atlas.it.bench.transport;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Netty at its best for this: whoever sends gathers frames into one pooled buffer of 64 KiB and hands that to the event loop, so that
 * no message crosses threads alone; reads of 64 KiB; frames handed up as slices without a copy.
 */
final class NettyNode implements BenchNode {

    private static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(512 * 1024, 1024 * 1024);

    private final int self;
    private final List<Integer> ports;
    private final Tally tally;
    private final EventLoopGroup group;
    private final Class<? extends SocketChannel> channelType;
    private final Channel server;
    private final AtomicReferenceArray<NettyLink> links;
    private final CountDownLatch missing;

    NettyNode(int self, List<Integer> ports, boolean epoll, Tally tally) {
        this.self = self;
        this.ports = ports;
        this.tally = tally;
        this.links = new AtomicReferenceArray<>(ports.size());
        this.missing = new CountDownLatch(ports.size() - 1);
        int threads = Math.max(1, Runtime.getRuntime().availableProcessors() / ports.size());
        this.group = new MultiThreadIoEventLoopGroup(
                threads, epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
        this.channelType = epoll ? EpollSocketChannel.class : NioSocketChannel.class;
        Class<? extends ServerSocketChannel> serverType =
                epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
        this.server = new ServerBootstrap()
                .group(group)
                .channel(serverType)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
                .childOption(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(BUFFER_BYTES))
                .childHandler(initializer())
                .bind("127.0.0.1", ports.get(self))
                .syncUninterruptibly()
                .channel();
    }

    private ChannelInitializer<SocketChannel> initializer() {
        return new ChannelInitializer<>() {
            @Override
            protected void initChannel(SocketChannel channel) {
                NettyLink link = new NettyLink(channel);
                channel.pipeline().addLast(new NettyReader(link, tally, peer -> begin(peer, link)));
            }
        };
    }

    private void begin(int peer, NettyLink link) {
        links.set(peer, link);
        missing.countDown();
    }

    @Override
    public void connect() throws InterruptedException {
        for (int number = 0; number < self; number++) {
            int peer = number;
            Channel channel = new Bootstrap()
                    .group(group)
                    .channel(channelType)
                    .option(ChannelOption.TCP_NODELAY, true)
                    .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
                    .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(BUFFER_BYTES))
                    .handler(initializer())
                    .connect("127.0.0.1", ports.get(peer))
                    .sync()
                    .channel();
            ByteBuf hello = Unpooled.buffer(HEADER_BYTES + Integer.BYTES)
                    .writeInt(Integer.BYTES)
                    .writeByte(NettyReader.HELLO)
                    .writeInt(self);
            NettyReader reader = channel.pipeline().get(NettyReader.class);
            channel.eventLoop().submit(() -> reader.identified(peer)).sync();
            channel.writeAndFlush(hello).sync();
        }
        missing.await();
    }

    @Override
    public Link to(int peer) {
        return links.get(peer);
    }

    @Override
    public void close() {
        server.close().syncUninterruptibly();
        group.shutdownGracefully(0, 5, java.util.concurrent.TimeUnit.SECONDS).syncUninterruptibly();
    }
}
