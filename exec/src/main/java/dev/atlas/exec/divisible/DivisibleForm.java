package dev.atlas.exec.divisible;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.DivisibleState;
import dev.atlas.core.application.DivisibleState.PartDescriptor;
import dev.atlas.exec.executor.FrozenState;
import dev.atlas.exec.executor.Snapshots;
import dev.atlas.exec.executor.StateForm;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The state's own parts. */
final class DivisibleForm<S extends DivisibleState> implements StateForm<S> {

    /** Of the last state frozen without a snapshot: parts that have not changed since are not written again. Owned by the executor's thread. */
    private Map<PartDescriptor, ByteString> written = Map.of();

    @Override
    public FrozenState freeze(S state) {
        return Snapshots.of(state).<FrozenState>map(Lazy::new).orElseGet(() -> write(state));
    }

    private FrozenState write(S state) {
        List<PartDescriptor> parts = state.parts();
        Map<PartDescriptor, ByteString> bytes = new HashMap<>();
        for (PartDescriptor part : parts) {
            ByteString known = written.get(part);
            bytes.put(part, known == null ? state.part(part) : known);
        }
        written = bytes;
        return new Written(parts, bytes);
    }

    @Override
    public boolean matches(S any, PartDescriptor part, ByteString bytes) {
        try {
            return bytes.size() == part.bytes() && any.digest(bytes).equals(part.digest());
        } catch (IOException malformed) {
            return false;
        }
    }

    @Override
    public boolean inAnyOrder() {
        return true;
    }

    @Override
    public void install(S state, PartSource parts) throws IOException, InterruptedException {
        state.clear();
        for (ByteString part = parts.next(); !part.isEmpty(); part = parts.next()) {
            state.install(part);
        }
    }

    private record Lazy(DivisibleState snapshot) implements FrozenState {

        @Override
        public List<PartDescriptor> parts() {
            return snapshot.parts();
        }

        @Override
        public ByteString part(PartDescriptor part) {
            return snapshot.part(part);
        }
    }

    private record Written(List<PartDescriptor> parts, Map<PartDescriptor, ByteString> bytes) implements FrozenState {

        @Override
        public ByteString part(PartDescriptor part) {
            return Objects.requireNonNull(bytes.get(part), "no such part");
        }
    }
}
