package dev.atlas.core.statetransfer;

import dev.atlas.core.application.DivisibleState.PartDescriptor;
import dev.atlas.core.execution.StateDescriptor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * Neighbouring parts of a state that are asked for, sent and checked together: of a state with many small parts each alone would cost more than its bytes do.
 *
 * @param first index into {@link StateDescriptor#parts}
 * @param count how many parts
 * @param bytes of all of them
 * @param isLocal whether they are at hand and need not be asked for; all or none are
 */
public record Span(int first, int count, long bytes, boolean isLocal) {

    /** Most parts that may be asked for together. */
    public static final int MOST_PARTS = 256;

    /** Most bytes that several parts may have together. */
    public static final long MOST_BYTES = 256 * 1024;

    /**
     * Divides a state.
     *
     * @param mostBytes of several parts, and at most {@link #MOST_BYTES}
     */
    public static List<Span> divide(List<PartDescriptor> parts, IntPredicate isLocal, long mostBytes) {
        long most = Math.min(mostBytes, MOST_BYTES);
        List<Span> spans = new ArrayList<>();
        for (int first = 0; first < parts.size(); ) {
            boolean local = isLocal.test(first);
            long bytes = parts.get(first).bytes();
            int end = first + 1;
            while (end < parts.size()
                    && end - first < MOST_PARTS
                    && isLocal.test(end) == local
                    && bytes + parts.get(end).bytes() <= most) {
                bytes += parts.get(end).bytes();
                end++;
            }
            spans.add(new Span(first, end - first, bytes, local));
            first = end;
        }
        return spans;
    }
}
