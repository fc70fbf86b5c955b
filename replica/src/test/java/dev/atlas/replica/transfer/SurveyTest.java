package dev.atlas.replica.transfer;

import static dev.atlas.replica.transfer.ScriptedTransfer.FIRST;
import static dev.atlas.replica.transfer.ScriptedTransfer.SECOND;
import static dev.atlas.replica.transfer.ScriptedTransfer.SETTINGS;
import static dev.atlas.replica.transfer.ScriptedTransfer.THIRD;
import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.core.execution.StateDescriptor;
import dev.atlas.core.execution.StatePiece;
import dev.atlas.core.statetransfer.TransferMessage;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.replica.transfer.ScriptedTransfer.State;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which state is fetched, of those that sources offer, and whose description of it is believed. */
@Timeout(60)
class SurveyTest {

    private static final State LOW = State.of(8, List.of("low"));
    private static final State HIGH = State.of(16, List.of("high"));

    private final ScriptedTransfer scripted = new ScriptedTransfer();

    @Test
    void theOnlyOneThatHasAStateMayBeTheLastToAnswer() throws Exception {
        scripted.sources = (source, question) -> {
            if (source.equals(THIRD)) {
                scripted.answer(source, question, LOW);
            } else if (question instanceof TransferMessage.AskState(long atLeast)) {
                scripted.answer(source, new TransferMessage.Unavailable(atLeast));
            }
        };
        assertThat(scripted.run(LOW)).isTrue();
    }

    @Test
    void onceAllHaveAnsweredThatTheyHaveNoneNobodyIsWaitedFor() throws Exception {
        scripted.sources = (source, question) -> {
            if (question instanceof TransferMessage.AskState(long atLeast)) {
                scripted.answer(source, new TransferMessage.Unavailable(atLeast));
            }
        };
        assertThat(scripted.run(LOW)).isFalse();
        assertThat(scripted.nowNanos()).isLessThan(SETTINGS.parts().patience().toNanos());
    }

    @Test
    void aLateAnswerToAnotherQuestionIsNone() throws Exception {
        scripted.sources = (source, question) -> {
            if (source.equals(FIRST)) {
                scripted.answer(source, question, LOW);
            } else if (source.equals(SECOND)) {
                if (question instanceof TransferMessage.AskState) {
                    scripted.answer(source, new TransferMessage.Unavailable(LOW.sequence() - 4));
                }
                scripted.answer(source, question, HIGH);
            }
        };
        assertThat(scripted.run(LOW)).isTrue();
        assertThat(scripted.committed).containsExactly(HIGH.certificate());
    }

    @Test
    void descriptionsAreCheckedOnlyOfThoseThatAreAskedAndOnceForEachQuestion() throws Exception {
        StateDescriptor wrong = new State(HIGH.sequence(), LOW.contents()).descriptor();
        scripted.sources = (source, question) -> {
            if (question instanceof TransferMessage.FetchDescriptor) {
                for (int copy = 0; copy < 10; copy++) {
                    scripted.answer(THIRD, new TransferMessage.Described(wrong));
                    scripted.answer(
                            source, new TransferMessage.Described(source.equals(FIRST) ? wrong : HIGH.descriptor()));
                }
            } else {
                scripted.answer(source, question, HIGH);
            }
        };
        assertThat(scripted.run(HIGH)).isTrue();
        assertThat(scripted.checks)
                .as("offers of all or but one, a description of each that is asked, and the part")
                .isBetween(2 + 2 + 1, 3 + 2 + 1);
    }

    @Test
    void aDescriptionThatComesWhenTheNextIsAskedIsAsGood() throws Exception {
        scripted.sources = (source, question) -> {
            if (!(question instanceof TransferMessage.FetchDescriptor)) {
                scripted.answer(source, question, HIGH);
            } else if (source.equals(SECOND)) {
                scripted.answer(FIRST, question, HIGH);
            }
        };
        assertThat(scripted.run(HIGH)).isTrue();
    }

    /** Else who is asked first could wait until it alone has the state, and let it drip. */
    @Test
    void allAreAskedToKeepTheStateWhileOneIsAskedForItsDescription() throws Exception {
        Map<ReplicaId, Long> asked = new TreeMap<>();
        scripted.sources = (source, question) -> {
            if (!(question instanceof TransferMessage.AskState)) {
                asked.putIfAbsent(source, scripted.nowNanos());
            }
            if (!(question instanceof TransferMessage.FetchDescriptor && source.equals(FIRST))) {
                scripted.answer(source, question, HIGH);
            }
        };
        assertThat(scripted.run(HIGH)).isTrue();
        assertThat(scripted.nowNanos())
                .isGreaterThan(SETTINGS.parts().patience().toNanos());
        assertThat(asked.keySet()).containsExactly(FIRST, SECOND, THIRD);
        assertThat(asked.values())
                .allSatisfy(nanos ->
                        assertThat(nanos).isLessThan(SETTINGS.parts().patience().toNanos()));
    }

    @Test
    void aDescriptionThatWasCheckedTooLateIsNotTakenForThatOfTheNextState() throws Exception {
        scripted.sources = (source, question) -> {
            if (question instanceof TransferMessage.FetchDescriptor(long sequence)) {
                scripted.holding = source.equals(SECOND) && sequence == HIGH.sequence();
                if (sequence == LOW.sequence()) {
                    scripted.release();
                }
            }
            scripted.answer(source, question, source.equals(SECOND) ? HIGH : LOW);
        };
        assertThat(scripted.run(LOW)).isTrue();
        assertThat(scripted.committed).containsExactly(LOW.certificate());
        assertThat(scripted.pieces.getFirst()).isEqualTo(new StatePiece.Begin(LOW.descriptor()));
    }

    /** A run that has heard enough leaves what came behind that unread. */
    @Test
    void aSourceIsHeardAgainHoweverManyOfItsAnswersNobodyHasLookedAt() throws Exception {
        List<ReplicaId> slow = new ArrayList<>();
        scripted.sources = (source, question) -> {
            if (question instanceof TransferMessage.AskState) {
                scripted.answer(source, question, HIGH);
            } else if (question instanceof TransferMessage.FetchParts) {
                slow.add(source);
            } else {
                scripted.answer(source, question, LOW);
            }
            if (question instanceof TransferMessage.FetchDescriptor && source.equals(THIRD)) {
                slow.forEach(late -> scripted.answer(late, new TransferMessage.Unavailable(HIGH.sequence())));
                slow.clear();
            }
        };
        for (int run = 0; run < 2 * SETTINGS.parts().perSource(); run++) {
            assertThat(scripted.run(HIGH)).as("all have let the state go").isFalse();
        }
        scripted.sources = (source, question) -> scripted.answer(source, question, source.equals(FIRST) ? HIGH : LOW);
        assertThat(scripted.run(HIGH)).isTrue();
    }
}
