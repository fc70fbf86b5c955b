package dev.atlas.net.frame;

import dev.atlas.net.stub.ModuleId;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * A message on its way out. One instance is shared by all receivers of a broadcast: nobody moves the payload's position.
 *
 * @param module empty for a heartbeat
 */
public record OutgoingFrame(Optional<ModuleId> module, ByteBuffer payload) {

    /** Bytes of length and module in front of every payload. */
    public static final int HEADER_BYTES = Integer.BYTES + 1;

    static final byte HEARTBEAT_CODE = 0;

    /** Says only that its sender lives. */
    public static final OutgoingFrame HEARTBEAT = new OutgoingFrame(Optional.empty(), ByteBuffer.allocate(0));

    public static OutgoingFrame of(ModuleId module, ByteBuffer payload) {
        return new OutgoingFrame(Optional.of(module), payload);
    }

    byte code() {
        return module.isPresent() ? module.get().code() : HEARTBEAT_CODE;
    }

    /** Size on the wire. */
    public int wireBytes() {
        return HEADER_BYTES + payload.remaining();
    }
}
