package dev.atlas.exec.divisible;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.DivisibleState;
import dev.atlas.core.application.DivisibleState.Part;
import dev.atlas.core.application.DivisibleState.PartDescriptor;
import dev.atlas.core.application.DivisibleState.PlainPart;
import dev.atlas.exec.executor.FrozenState;
import dev.atlas.exec.executor.Snapshots;
import dev.atlas.exec.executor.StateForm;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** The state's own parts. */
final class DivisibleForm<S extends DivisibleState> implements StateForm<S> {

    /** Of the last state frozen without a snapshot: parts that have not changed since are not written again. Owned by the executor's thread. */
    private Map<PartDescriptor, Part> written = Map.of();

    @Override
    public FrozenState freeze(S state) {
        return Snapshots.of(state).<FrozenState>map(Lazy::new).orElseGet(() -> write(state));
    }

    private FrozenState write(S state) {
        List<PartDescriptor> parts = state.parts();
        Map<PartDescriptor, Part> now = new HashMap<>();
        for (PartDescriptor part : parts) {
            Part known = written.get(part);
            now.put(part, known == null ? new PlainPart(part, state.part(part).bytes()) : known);
        }
        written = now;
        return new Written(parts, now);
    }

    @Override
    public Part read(S any, PartDescriptor part, ByteString bytes) throws IOException {
        return any.read(part, bytes);
    }

    @Override
    public boolean inAnyOrder() {
        return true;
    }

    @Override
    public void install(S state, PartSource parts) throws IOException, InterruptedException {
        state.clear();
        for (Optional<Part> part = parts.next(); part.isPresent(); part = parts.next()) {
            state.install(part.get());
        }
    }

    private record Lazy(DivisibleState snapshot) implements FrozenState {

        @Override
        public List<PartDescriptor> parts() {
            return snapshot.parts();
        }

        @Override
        public Part part(PartDescriptor part) {
            return snapshot.part(part);
        }
    }

    private record Written(List<PartDescriptor> parts, Map<PartDescriptor, Part> written) implements FrozenState {

        @Override
        public Part part(PartDescriptor part) {
            return Objects.requireNonNull(written.get(part), "no such part");
        }
    }
}
