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

    /**
     * Hands messages of one module on, the first that has any; the list is the receiver's to keep.
     *
     * @param most how many at once
     * @return how many; 0 if there are none left
     */
    int deliver(NodeId from, Receivers receivers, int most) {
        for (ModuleId module : MODULES) {
            if (!byModule.get(module.code()).isEmpty()) {
                List<ByteBuffer> messages = take(module, most);
                size -= messages.size();
                receivers.deliver(from, module, messages);
                return messages.size();
            }
        }
        return 0;
    }

    private List<ByteBuffer> take(ModuleId module, int most) {
        List<ByteBuffer> messages = byModule.get(module.code());
        if (messages.size() <= most) {
            byModule.set(module.code(), new ArrayList<>());
            return messages;
        }
        List<ByteBuffer> first = messages.subList(0, most);
        List<ByteBuffer> taken = new ArrayList<>(first);
        first.clear();
        return taken;
    }
}
