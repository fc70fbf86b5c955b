package dev.atlas.exec.executor;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.SnapshotState;
import dev.atlas.exec.state.KeyValueState;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;

/** A state whose author does something else besides whenever it is frozen, written or installed. */
class DisturbedState extends PlainState {

    final Runnable disturbance;

    DisturbedState(KeyValueState entries, Runnable disturbance) {
        super(entries);
        this.disturbance = disturbance;
    }

    /** The same with snapshots. */
    static final class Copyable extends DisturbedState implements SnapshotState<Copyable> {

        Copyable(KeyValueState entries, Runnable disturbance) {
            super(entries, disturbance);
        }

        @Override
        public Copyable snapshot() {
            disturbance.run();
            return new Copyable(entries.snapshot(), disturbance);
        }
    }

    @Override
    public void writeTo(OutputStream target) throws IOException {
        super.writeTo(target);
        disturbance.run();
    }

    @Override
    public void readFrom(InputStream source) throws IOException {
        disturbance.run();
        super.readFrom(source);
        disturbance.run();
    }

    @Override
    public List<PartDescriptor> parts() {
        disturbance.run();
        return super.parts();
    }

    @Override
    public Part part(PartDescriptor part) {
        disturbance.run();
        return super.part(part);
    }

    @Override
    public Part read(PartDescriptor part, ByteString bytes) throws IOException {
        disturbance.run();
        return super.read(part, bytes);
    }

    @Override
    public void clear() {
        disturbance.run();
        super.clear();
    }

    @Override
    public void install(Part part) throws IOException {
        super.install(part);
        disturbance.run();
    }
}
