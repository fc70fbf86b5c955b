package dev.atlas.core.statetransfer;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.DivisibleState.PartDescriptor;
import dev.atlas.net.crypto.Digest;
import java.util.Collections;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class SpanTest {

    private static List<PartDescriptor> parts(long... bytes) {
        return LongStream.of(bytes)
                .mapToObj(size -> new PartDescriptor(ByteString.copyFromUtf8("part"), Digest.ZERO, size))
                .toList();
    }

    @Test
    void neighboursGoTogetherUpToTheBound() {
        assertThat(Span.divide(parts(10, 20, 30, 40), index -> false, 60))
                .containsExactly(new Span(0, 3, 60, false), new Span(3, 1, 40, false));
    }

    @Test
    void aPartAboveTheBoundGoesAlone() {
        assertThat(Span.divide(parts(10, 500, 10, 10), index -> false, 60))
                .containsExactly(new Span(0, 1, 10, false), new Span(1, 1, 500, false), new Span(2, 2, 20, false));
    }

    @Test
    void whatIsHereDoesNotGoWithWhatIsFetched() {
        assertThat(Span.divide(parts(1, 1, 1, 1, 1), index -> index == 1 || index == 2, 60))
                .containsExactly(new Span(0, 1, 1, false), new Span(1, 2, 2, true), new Span(3, 2, 2, false));
    }

    @Test
    void partsOfNoBytesDoNotGoTogetherWithoutEnd() {
        List<PartDescriptor> empty = Collections.nCopies(2 * Span.MOST_PARTS + 1, parts(0).getFirst());
        assertThat(Span.divide(empty, index -> false, 60))
                .extracting(Span::count)
                .containsExactly(Span.MOST_PARTS, Span.MOST_PARTS, 1);
    }

    @Test
    void noMoreGoTogetherThanAnyReplicaServes() {
        assertThat(Span.divide(parts(Span.MOST_BYTES - 1, 1, 1), index -> false, Long.MAX_VALUE))
                .extracting(Span::count)
                .containsExactly(2, 1);
    }

    @Test
    void nothingIsDividedIntoNothing() {
        assertThat(Span.divide(List.of(), index -> false, 60)).isEmpty();
    }
}
