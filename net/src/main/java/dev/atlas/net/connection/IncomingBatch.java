package dev.atlas.net.connection;

import dev.atlas.net.frame.FrameReader;
import dev.atlas.net.identity.NodeId;
import dev.atlas.net.stub.ModuleId;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Gathers the frames of one read by module. Owned by one reader thread. */
final class IncomingBatch implements FrameReader.Sink {

    private static final List<ModuleId> MODULES = List.of(ModuleId.values());

    /** By code of the module: a list takes less for every message than a map. */
    private final List<List<ByteBuffer>> byModule = new ArrayList<>();

    private int size;

    IncomingBatch() {
        for (int code = 0; code < ModuleId.CODES; code++) {
            byModule.add(new ArrayList<>());
        }
    }

    @Override
    public void frame(ModuleId module, ByteBuffer payload) {
        byModule.get(module.code()).add(payload);
        size++;
    }

    int size() {
        return size;
    }

    /** Hands everything on; the lists are the receivers' to keep. */
    void deliver(NodeId from, Receivers receivers) {
        size = 0;
        for (ModuleId module : MODULES) {
            List<ByteBuffer> messages = byModule.get(module.code());
            if (!messages.isEmpty()) {
                byModule.set(module.code(), new ArrayList<>());
                receivers.deliver(from, module, messages);
            }
        }
    }
}
