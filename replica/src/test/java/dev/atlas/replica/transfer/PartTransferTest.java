package dev.atlas.replica.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.atlas.core.execution.StateInstallation;
import dev.atlas.core.execution.StatePiece;
import dev.atlas.core.statetransfer.TransferMessage;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.replica.transfer.ScriptedTransfer.State;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Parts that are here already and parts that are fetched, into an executor that takes its time. */
@Timeout(60)
class PartTransferTest {

    private static final int HERE = 40;

    /** All parts but the last are here. */
    private static final State WANTED = State.of(16, contents("new"));

    private static final State OWN = State.of(8, contents("old"));

    private final ScriptedTransfer scripted = new ScriptedTransfer();

    @BeforeEach
    void script() {
        scripted.own = Optional.of(OWN);
        scripted.sources = (source, question) -> scripted.answer(source, question, WANTED);
    }

    private static List<String> contents(String last) {
        List<String> contents = new ArrayList<>();
        IntStream.range(0, HERE).forEach(number -> contents.add("part " + number));
        contents.add(last);
        return contents;
    }

    @Test
    void partsThatAreHereAreProgressAsMuchAsThoseThatCome() throws Exception {
        scripted.taking = piece -> scripted.pass(Duration.ofSeconds(1));
        assertThat(scripted.run(WANTED)).isTrue();
    }

    @Test
    void noSourceIsBlamedForAnExecutorThatIsBusy() throws Exception {
        scripted.taking = piece -> {
            if (piece instanceof StatePiece.Part part && part.index() == HERE / 2) {
                scripted.pass(ScriptedTransfer.SETTINGS.giveUpAfter().multipliedBy(2));
            }
        };
        assertThat(scripted.run(WANTED)).isTrue();
    }

    /** The first part comes before all others, which lie here unread for as long as one is waited for. */
    @Test
    void noSourceIsBlamedForAnAnswerThatHasWaitedWhileTheExecutorWasBusy() throws Exception {
        scripted.own = Optional.empty();
        List<Integer> asked = new ArrayList<>();
        List<Runnable> answers = new ArrayList<>();
        scripted.sources = (source, question) -> {
            // The last is the smallest, by which sources are reminded, and before the beginning all are asked to keep
            // the
            // state.
            if (question instanceof TransferMessage.FetchParts part
                    && part.first() < HERE
                    && !scripted.pieces.isEmpty()) {
                asked.add(part.first());
            }
            if (question instanceof TransferMessage.FetchParts part && part.first() > 0 && scripted.pieces.size() < 2) {
                answers.add(() -> scripted.answer(source, question, WANTED));
            } else {
                scripted.answer(source, question, WANTED);
            }
        };
        scripted.taking = piece -> {
            if (piece instanceof StatePiece.Part part && part.index() == 0) {
                answers.forEach(Runnable::run);
                scripted.pass(ScriptedTransfer.SETTINGS.parts().patience());
            }
        };
        assertThat(scripted.run(WANTED)).isTrue();
        assertThat(answers).isNotEmpty();
        assertThat(asked).hasSize(HERE).doesNotHaveDuplicates();
    }

    @Test
    void whoDeliversNothingIsGivenUp() throws Exception {
        scripted.sources = (source, question) -> {
            if (!(question instanceof TransferMessage.FetchParts)) {
                scripted.answer(source, question, WANTED);
            }
        };
        assertThat(scripted.run(WANTED)).isFalse();
        assertThat(scripted.committed).isEmpty();
        assertThat(scripted.pieces).endsWith(new StatePiece.Abort());
    }

    @Test
    void executionIsNotMadeToWaitForAStateThatTheLogHasOvertakenBeforeItIsFetched() throws Exception {
        scripted.wanted = () -> false;
        assertThat(scripted.run(WANTED)).as("there is nothing to try again").isTrue();
        assertThat(scripted.prepared).isZero();
        assertThat(scripted.pieces).isEmpty();
    }

    /** Long before its sources, of which none delivers any more, are given up. */
    @Test
    void executionWaitsNoLongerOnceTheLogHasOvertakenTheStateThatIsFetched() throws Exception {
        scripted.sources = (source, question) -> {
            if (!(question instanceof TransferMessage.FetchParts)) {
                scripted.answer(source, question, WANTED);
            }
        };
        scripted.wanted =
                () -> scripted.pieces.size() <= HERE; // with the beginning, all but one of those that are here
        assertThat(scripted.run(WANTED)).as("there is nothing to try again").isTrue();
        assertThat(scripted.prepared).isOne();
        assertThat(scripted.committed).isEmpty();
        assertThat(scripted.pieces).endsWith(new StatePiece.Abort());
        assertThat(scripted.nowNanos())
                .isLessThan(ScriptedTransfer.SETTINGS.parts().patience().toNanos() * 2);
    }

    @Test
    void aStateIsKeptByItsSourcesWhileNobodyIsAskedForAPartOfIt() throws Exception {
        scripted.taking = piece -> scripted.pass(Duration.ofSeconds(1));
        Map<ReplicaId, Long> lastAsked = new TreeMap<>();
        scripted.sources = (source, question) -> {
            Long last = lastAsked.put(source, scripted.nowNanos());
            if (last == null || scripted.nowNanos() - last < StateServer.LEASE.toNanos()) {
                scripted.answer(source, question, WANTED);
            } else if (question instanceof TransferMessage.FetchParts(long sequence, int ignored, int alone)) {
                lastAsked.put(source, last);
                scripted.answer(source, new TransferMessage.Unavailable(sequence));
            }
        };
        assertThat(scripted.run(WANTED)).isTrue();
    }

    @Test
    void aStateThatTheExecutorRefusesMidwayIsNotTriedAgain() {
        scripted.taking = piece -> {
            if (piece instanceof StatePiece.Part part && part.index() == HERE / 2) {
                scripted.end(new StateInstallation.Refused("there is no room for it"));
            }
        };
        assertThatThrownBy(() -> scripted.run(WANTED))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("there is no room for it");
        assertThat(scripted.committed).isEmpty();
    }

    /** Where they need not be declared, an application may throw them without knowing. */
    @Test
    void whoSendsBytesOnWhichTheApplicationFailsWithACheckedExceptionIsNotAskedAgain() throws Exception {
        scripted.own = Optional.empty();
        List<Integer> askedOfLiar = new ArrayList<>();
        scripted.sources = (source, question) -> {
            if (source.equals(ScriptedTransfer.FIRST)
                    && question instanceof TransferMessage.FetchParts(long sequence, int index, int alone)) {
                askedOfLiar.add(index);
                int size = WANTED.part(index).bytes().size();
                scripted.answer(
                        source,
                        new TransferMessage.Parts(sequence, index, alone, ByteString.copyFromUtf8("!".repeat(size))));
            } else {
                scripted.answer(source, question, WANTED);
            }
        };
        scripted.reading = bytes -> {
            if (bytes.byteAt(0) == '!') {
                throw PartTransferTest.<RuntimeException>undeclared(new Exception("what is this?"));
            }
        };
        assertThat(scripted.run(WANTED)).isTrue();
        assertThat(askedOfLiar).as("less than its share").hasSizeBetween(1, HERE / 4);
    }

    @Test
    void neighboursAreFetchedTogetherAndOneWrongPartAmongThemIsNoticed() throws Exception {
        ScriptedTransfer together = new ScriptedTransfer(ScriptedTransfer.together(40));
        List<TransferMessage.FetchParts> asked = new ArrayList<>();
        List<TransferMessage.FetchParts> askedOfLiar = new ArrayList<>();
        together.sources = (source, question) -> {
            if (question instanceof TransferMessage.FetchParts fetch && !together.pieces.isEmpty()) {
                asked.add(fetch);
                if (source.equals(ScriptedTransfer.FIRST)) {
                    askedOfLiar.add(fetch);
                    ByteString bytes = WANTED.bytes(fetch);
                    together.answer(
                            source,
                            new TransferMessage.Parts(
                                    fetch.sequence(),
                                    fetch.first(),
                                    fetch.count(),
                                    bytes.substring(0, bytes.size() - 1).concat(ByteString.copyFromUtf8("!"))));
                    return;
                }
            }
            together.answer(source, question, WANTED);
        };
        assertThat(together.run(WANTED)).isTrue();
        assertThat(asked).as("41 parts of 6 or 7 bytes").hasSizeBetween(HERE / 6, HERE / 2);
        assertThat(askedOfLiar).isNotEmpty().hasSizeLessThan(asked.size() / 2);
        assertThat(together.pieces.stream()
                        .filter(StatePiece.Part.class::isInstance)
                        .map(piece -> ((StatePiece.Part) piece).part().bytes()))
                .isEqualTo(WANTED.contents());
    }

    /** As it may come from a run before, in which more was here. */
    @Test
    void partsThatWereNotAskedForTogetherAreNoLie() throws Exception {
        ScriptedTransfer together = new ScriptedTransfer(ScriptedTransfer.together(40));
        together.sources = (source, question) -> {
            if (question instanceof TransferMessage.FetchParts(long sequence, int first, int count) && count > 1) {
                together.answer(source, new TransferMessage.FetchParts(sequence, first, count - 1), WANTED);
            }
            together.answer(source, question, WANTED);
        };
        assertThat(together.run(WANTED)).isTrue();
    }

    @SuppressWarnings("unchecked") // that it is none is the point
    private static <E extends Exception> E undeclared(Exception checked) throws E {
        throw (E) checked;
    }

    /** They would take the place of what was checked meanwhile. */
    @Test
    void whileTheExecutorIsBusyNothingPilesUp() throws Exception {
        scripted.taking = piece -> {
            if (piece instanceof StatePiece.Begin) {
                scripted.holding = true;
            } else if (piece instanceof StatePiece.Part part && part.index() == HERE - 1) {
                IntStream.range(0, 10_000).forEach(tick -> scripted.fireTimer());
                scripted.release();
            }
        };
        assertThat(scripted.run(WANTED)).isTrue();
    }
}
