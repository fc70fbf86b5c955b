package dev.atlas.exec.executor;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.CrudState;
import dev.atlas.core.application.DivisibleState;
import dev.atlas.core.application.MonolithicState;
import dev.atlas.exec.state.KeyValueState;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Optional;

/** A state as an author may write it who does without snapshots. */
class PlainState implements MonolithicState, DivisibleState, CrudState {

    final KeyValueState entries;

    PlainState(KeyValueState entries) {
        this.entries = entries;
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
    }

    @Override
    public void readFrom(InputStream source) throws IOException {
        entries.readFrom(source);
    }

    @Override
    public List<PartDescriptor> parts() {
        return entries.parts();
    }

    @Override
    public Part part(PartDescriptor part) {
        return entries.part(part);
    }

    @Override
    public Part read(PartDescriptor part, ByteString bytes) throws IOException {
        return entries.read(part, bytes);
    }

    @Override
    public void clear() {
        entries.clear();
    }

    @Override
    public void install(Part part) throws IOException {
        entries.install(part);
    }
}
