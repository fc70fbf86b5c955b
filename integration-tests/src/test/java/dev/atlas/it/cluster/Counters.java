package dev.atlas.it.cluster;

import dev.atlas.core.application.Application;
import dev.atlas.core.application.Codec;
import dev.atlas.core.application.ExecutionContext;
import dev.atlas.core.application.MonolithicState;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/** Counts: each request is answered with the number of requests so far, so a double execution shows. */
final class Counters implements Application<Counters.Count, String, Long> {

    @Override
    public Count initialState() {
        return new Count();
    }

    @Override
    public Codec<String> requestCodec() {
        return Codec.UTF_8;
    }

    @Override
    public Codec<Long> replyCodec() {
        return new Codec<>() {
            @Override
            public byte[] encode(Long value) {
                return ByteBuffer.allocate(Long.BYTES).putLong(value).array();
            }

            @Override
            public Long decode(ByteBuffer bytes) {
                return bytes.getLong();
            }
        };
    }

    @Override
    public Long execute(Count state, String request, ExecutionContext context) {
        if (request.equals("fail")) {
            throw new IllegalStateException("asked to fail");
        }
        return ++state.value;
    }

    @Override
    public Long executeUnordered(Count state, String request, ExecutionContext context) {
        return state.value;
    }

    static final class Count implements MonolithicState {
        private long value;

        @Override
        public void writeTo(OutputStream target) throws IOException {
            DataOutputStream data = new DataOutputStream(target);
            data.writeLong(value);
            data.flush();
        }

        @Override
        public void readFrom(InputStream source) throws IOException {
            value = new DataInputStream(source).readLong();
        }
    }
}
