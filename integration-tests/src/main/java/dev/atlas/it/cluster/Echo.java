package dev.atlas.it.cluster;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.Application;
import dev.atlas.core.application.Codec;
import dev.atlas.core.application.ExecutionContext;
import dev.atlas.core.application.MonolithicState;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/** Answers every request with the same bytes and counts them: what is left is the cost of replication. */
public final class Echo implements Application<Echo.Count, ByteString, ByteString> {

    private final ByteString reply;

    public Echo(int replyBytes) {
        this.reply = ByteString.copyFrom(new byte[replyBytes]);
    }

    @Override
    public Count initialState() {
        return new Count();
    }

    @Override
    public Codec<ByteString> requestCodec() {
        return Codec.BYTES;
    }

    @Override
    public Codec<ByteString> replyCodec() {
        return Codec.BYTES;
    }

    @Override
    public ByteString execute(Count state, ByteString request, ExecutionContext context) {
        state.value++;
        return reply;
    }

    @Override
    public ByteString executeUnordered(Count state, ByteString request, ExecutionContext context) {
        return reply;
    }

    /** How many requests were executed. */
    public static final class Count implements MonolithicState {
        private long value;

        @Override
        public void writeTo(OutputStream target) throws IOException {
            target.write(ByteBuffer.allocate(Long.BYTES).putLong(value).array());
        }

        @Override
        public void readFrom(InputStream source) throws IOException {
            value = ByteBuffer.wrap(source.readNBytes(Long.BYTES)).getLong();
        }
    }
}
