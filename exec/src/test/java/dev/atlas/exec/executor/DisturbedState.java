package dev.atlas.exec.executor;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.CrudState;
import dev.atlas.core.application.DivisibleState;
import dev.atlas.core.application.MonolithicState;
import dev.atlas.core.application.SnapshotState;
import dev.atlas.exec.state.KeyValueState;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Optional;

/** A state whose author does something else besides whenever it is frozen, written or installed. */
class DisturbedState implements MonolithicState, DivisibleState, CrudState {

    final KeyValueState entries;
    final Runnable disturbance;

    DisturbedState(KeyValueState entries, Runnable disturbance) {
        this.entries = entries;
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
    public Optional<ByteString> read(String column, ByteString key) {
        return entries.read(column, key);
    }

    @Override
    public boolean create(String column, ByteString key, ByteString value) {
        return entries.create(column, key, value);
    }

    @Override
    public Optional<ByteString> update(String column, ByteString key, ByteString value) {
        return entries.update(column, key, value);
    }

    @Override
    public Optional<ByteString> delete(String column, ByteString key) {
        return entries.delete(column, key);
    }

    @Override
    public void writeTo(OutputStream target) throws IOException {
        entries.writeTo(target);
        disturbance.run();
    }

    @Override
    public void readFrom(InputStream source) throws IOException {
        disturbance.run();
        entries.readFrom(source);
        disturbance.run();
    }

    @Override
    public List<PartDescriptor> parts() {
        disturbance.run();
        return entries.parts();
    }

    @Override
    public Part part(PartDescriptor part) {
        disturbance.run();
        return entries.part(part);
    }

    @Override
    public Part read(PartDescriptor part, ByteString bytes) throws IOException {
        return entries.read(part, bytes);
    }

    @Override
    public void clear() {
        disturbance.run();
        entries.clear();
    }

    @Override
    public void install(Part part) throws IOException {
        entries.install(part);
        disturbance.run();
    }
}
