package dev.atlas.exec.speculative;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.CrudState;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What one incarnation of one operation sees of the state, and its log of accesses. Owned by the worker that runs it, immutable once it has ended.
 *
 * <p>The writes stay here until the incarnation has ended: others see all or nothing of them.
 */
final class View implements CrudState {

    /** Said of a view that was kept; part of an error reply, so the same of any. */
    static final String ENDED = "the view was used after its operation had ended";

    /** Beyond this many locations they are found by hash and not by going through the list. */
    private static final int LISTED = 8;

    private final Memory memory;
    private final Rules rules;
    private final int index;
    private final List<Access> accesses = new ArrayList<>(2);
    private @Nullable IdentityHashMap<Cell, Access> byCell;

    /** Accesses that it may still make; in vain read values an operation can loop for ever. */
    private int stepsLeft;

    private int awaited = Version.BASE;
    private boolean ended;

    View(Memory memory, Rules rules, int index, int steps) {
        this.memory = memory;
        this.rules = rules;
        this.index = index;
        this.stepsLeft = steps;
    }

    List<Access> accesses() {
        return accesses;
    }

    /** The operation whose write it needs and which is about to run again, or {@link Version#BASE}. */
    int awaited() {
        return awaited;
    }

    /** Whether it was stopped, so that nothing that came out of it means anything. */
    boolean isInterrupted() {
        return awaited != Version.BASE || stepsLeft < 0;
    }

    void end() {
        ended = true;
    }

    @Override
    public Optional<ByteString> read(String column, ByteString key) {
        return access(column, key).value;
    }

    @Override
    public boolean create(String column, ByteString key, ByteString value) {
        Access access = access(column, key);
        if (access.value.isPresent()) {
            return false;
        }
        access.write(Optional.of(value));
        return true;
    }

    @Override
    public Optional<ByteString> update(String column, ByteString key, ByteString value) {
        Access access = access(column, key);
        Optional<ByteString> before = access.value;
        access.write(Optional.of(value));
        return before;
    }

    @Override
    public Optional<ByteString> delete(String column, ByteString key) {
        Access access = access(column, key);
        Optional<ByteString> before = access.value;
        access.write(Optional.empty());
        return before;
    }

    private Access access(String column, ByteString key) {
        if (ended) {
            throw new IllegalStateException(ENDED);
        }
        if (isInterrupted() || --stepsLeft < 0) {
            throw new Interruption();
        }
        rules.pause();
        Cell cell = memory.cell(column, key);
        Access known = find(cell);
        if (known != null) {
            return known;
        }
        Version found = cell.below(index);
        if (found.estimate) {
            awaited = found.writer;
            throw new Interruption();
        }
        Access access = new Access(cell, found, rules.value(cell, found));
        accesses.add(access);
        if (byCell != null) {
            byCell.put(cell, access);
        } else if (accesses.size() > LISTED) {
            byCell = new IdentityHashMap<>();
            for (Access each : accesses) {
                byCell.put(each.cell, each);
            }
        }
        return access;
    }

    private @Nullable Access find(Cell cell) {
        if (byCell != null) {
            return byCell.get(cell);
        }
        for (Access access : accesses) {
            if (access.cell == cell) {
                return access;
            }
        }
        return null;
    }

    /** Whether it has written to a location. */
    boolean wrote(Cell cell) {
        Access access = find(cell);
        return access != null && access.written;
    }

    /** Whether every read would find the same version now. */
    boolean isCurrent() {
        for (Access access : accesses) {
            if (access.cell.below(index) != access.read) {
                return false;
            }
        }
        return true;
    }
}
