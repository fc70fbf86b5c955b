package dev.atlas.net.connection;

import dev.atlas.net.identity.NodeId;
import dev.atlas.net.metrics.NetworkCounters;
import dev.atlas.net.stub.IncomingStub;
import dev.atlas.net.stub.IncomingStub.FrameReceiver;
import dev.atlas.net.stub.ModuleId;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;

/** Where each module's messages go. Thread-safe. */
final class Receivers {

    private final NetworkCounters counters;
    private final AtomicReferenceArray<FrameReceiver> byModule = new AtomicReferenceArray<>(ModuleId.CODES);

    Receivers(NetworkCounters counters) {
        this.counters = counters;
    }

    IncomingStub stub(ModuleId module) {
        return receiver -> {
            if (!byModule.compareAndSet(module.code(), null, receiver)) {
                throw new IllegalStateException("the receiver of " + module + " is set already");
            }
        };
    }

    /** Delivers on the calling thread; a module that nobody receives here drops and counts. */
    void deliver(NodeId from, ModuleId module, List<ByteBuffer> messages) {
        FrameReceiver receiver = byModule.get(module.code());
        if (receiver == null) {
            messages.forEach(message -> counters.dropped(module));
        } else {
            receiver.receive(from, messages);
        }
    }
}
