package dev.atlas.exec.speculative;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.CrudState;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** The multi-version memory of one block over the state before it, which nobody changes meanwhile. Thread-safe. */
final class Memory {

    private final CrudState base;
    private final Rules rules;
    private final ConcurrentHashMap<Location, Cell> cells;

    Memory(CrudState base, Rules rules, int operations) {
        this.base = base;
        this.rules = rules;
        this.cells = new ConcurrentHashMap<>(2 * operations);
    }

    Cell cell(String column, ByteString key) {
        Location location = rules.location(column, key);
        Cell known = cells.get(location);
        if (known != null) {
            return known;
        }
        // Not computeIfAbsent: it would read the state, whoever wrote that, under a lock of the map.
        Cell fresh = new Cell(location, new Version(Version.BASE, base.read(column, key)));
        Cell raced = cells.putIfAbsent(location, fresh);
        return raced == null ? fresh : raced;
    }

    /** Brings a location of the base to its last version. */
    void settle(Cell cell) {
        Optional<ByteString> value = cell.last().value;
        String column = cell.location.column();
        if (value.isPresent()) {
            base.update(column, cell.location.key(), value.get());
        } else if (cell.base().value.isPresent()) {
            base.delete(column, cell.location.key());
        }
    }
}
