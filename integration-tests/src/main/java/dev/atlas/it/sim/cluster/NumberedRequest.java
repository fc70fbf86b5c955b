package dev.atlas.it.sim.cluster;

import dev.atlas.core.application.Codec;
import dev.atlas.exec.state.KeyValueRequest;
import java.nio.ByteBuffer;

/**
 * A key/value request that can be told from all others of a run.
 *
 * @param operation unique per call; the replicas only carry it
 */
public record NumberedRequest(long operation, KeyValueRequest request) {

    /** The number in eight bytes, then the request. */
    public static final Codec<NumberedRequest> CODEC = new Codec<>() {
        @Override
        public byte[] encode(NumberedRequest value) {
            byte[] request = KeyValueRequest.CODEC.encode(value.request);
            return ByteBuffer.allocate(Long.BYTES + request.length)
                    .putLong(value.operation)
                    .put(request)
                    .array();
        }

        @Override
        public NumberedRequest decode(ByteBuffer bytes) {
            if (bytes.remaining() < Long.BYTES) {
                throw new IllegalArgumentException("a request without a number");
            }
            return new NumberedRequest(bytes.getLong(), KeyValueRequest.CODEC.decode(bytes));
        }
    };
}
