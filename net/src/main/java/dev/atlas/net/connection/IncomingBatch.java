package dev.atlas.net.connection;

import dev.atlas.net.frame.FrameReader;
import dev.atlas.net.identity.NodeId;
import dev.atlas.net.stub.ModuleId;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Gathers the frames of one read by module. Owned by one reader thread. */
final class IncomingBatch implements FrameReader.Sink {

    private final Map<ModuleId, List<ByteBuffer>> byModule = new EnumMap<>(ModuleId.class);
    private int size;

    @Override
    public void frame(ModuleId module, ByteBuffer payload) {
        byModule.computeIfAbsent(module, unused -> new ArrayList<>()).add(payload);
        size++;
    }

    int size() {
        return size;
    }

    /** Hands everything on; the lists are the receivers' to keep. */
    void deliver(NodeId from, Receivers receivers) {
        size = 0;
        byModule.forEach((module, messages) -> receivers.deliver(from, module, messages));
        byModule.clear();
    }
}
