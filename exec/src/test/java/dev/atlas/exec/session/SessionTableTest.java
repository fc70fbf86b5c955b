package dev.atlas.exec.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.atlas.core.execution.AnsweredNumbers;
import dev.atlas.core.message.Reply;
import dev.atlas.core.message.Reply.Outcome;
import dev.atlas.core.message.Request;
import dev.atlas.core.message.RequestBundle.Acknowledgement;
import dev.atlas.core.types.SessionId;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.identity.ClientId;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a session remembers, answers and forgets, rule by rule. */
class SessionTableTest {

    private static final SessionLimits LIMITS = new SessionLimits(3, 2, 4);
    private static final ClientId ALICE = client(1);
    private static final ClientId BOB = client(2);

    private SessionTable table = new SessionTable(LIMITS);
    private long sequence;

    @Test
    void aSessionIsNamedByThePlaceOfItsOpening() {
        Reply reply = answer(table.judge(ALICE, opening(1), new SessionId(7, 3)));
        assertThat(reply.outcome()).isEqualTo(Outcome.SESSION_OPENED);
        assertThat(reply.session()).isEqualTo(new SessionId(7, 3));
    }

    @Test
    void aSnapshotStaysAsItWasWhateverHappensToTheTable() throws IOException {
        SessionId alices = open(ALICE, 1);
        SessionId bobs = open(BOB, 1);
        execute(ALICE, alices, 1, "a");
        execute(BOB, bobs, 1, "b");
        byte[] before = bytes(table);
        SessionTable snapshot = table.snapshot();
        execute(ALICE, alices, 2, "c");
        table.acknowledge(BOB, new Acknowledgement(bobs, 1));
        judge(ALICE, alices, 99, "expires");
        open(BOB, 2);
        open(client(3), 1);
        open(client(4), 1);
        assertThat(bytes(snapshot)).isEqualTo(before).isNotEqualTo(bytes(table));
    }

    @Test
    void aReplayedOpeningDoesNothing() {
        SessionId first = open(ALICE, 5);
        assertThat(answer(table.judge(ALICE, opening(5), place())).session()).isEqualTo(first);
        assertThat(answer(table.judge(ALICE, opening(4), place())).outcome()).isEqualTo(Outcome.STALE_OPENING);
        assertThat(table.sessions()).isEqualTo(1);
    }

    @Test
    void anExecutedNumberIsAnsweredFromTheTable() {
        SessionId session = open(ALICE, 1);
        Reply reply = execute(ALICE, session, 1, "a");
        assertThat(answer(judge(ALICE, session, 1, "a"))).isEqualTo(reply);
    }

    @Test
    void anotherBodyUnderAnExecutedNumberIsAConflict() {
        SessionId session = open(ALICE, 1);
        execute(ALICE, session, 1, "a");
        assertThat(answer(judge(ALICE, session, 1, "b")).outcome()).isEqualTo(Outcome.CONFLICT);
    }

    @Test
    void numbersMayExecuteInAnyOrderWithinTheWindow() {
        SessionId session = open(ALICE, 1);
        execute(ALICE, session, 3, "c");
        execute(ALICE, session, 1, "a");
        assertThat(judge(ALICE, session, 2, "b")).isInstanceOf(Verdict.Execute.class);
    }

    @Test
    void anUnexecutedNumberAtOrBelowTheAcknowledgedIsDead() {
        SessionId session = open(ALICE, 1);
        execute(ALICE, session, 2, "b");
        table.acknowledge(ALICE, new Acknowledgement(session, 2));
        assertThat(answer(judge(ALICE, session, 1, "a")).outcome()).isEqualTo(Outcome.DEAD);
        assertThat(answer(judge(ALICE, session, 2, "b")).outcome()).as("pruned").isEqualTo(Outcome.DEAD);
        assertThat(judge(ALICE, session, 3, "c")).isInstanceOf(Verdict.Execute.class);
    }

    @Test
    void aNumberBeyondTheWindowExpiresTheSession() {
        SessionId session = open(ALICE, 1);
        assertThat(judge(ALICE, session, LIMITS.window(), "x")).isInstanceOf(Verdict.Execute.class);
        assertThat(answer(judge(ALICE, session, LIMITS.window() + 1, "x")).outcome())
                .isEqualTo(Outcome.EXPIRED);
        assertThat(answer(judge(ALICE, session, 1, "a")).outcome()).isEqualTo(Outcome.EXPIRED);
    }

    @Test
    void anUnknownSessionOrAnotherClientsIsExpiredAndNeverNew() {
        SessionId session = open(ALICE, 1);
        assertThat(answer(judge(ALICE, new SessionId(99, 0), 1, "a")).outcome()).isEqualTo(Outcome.EXPIRED);
        open(BOB, 1);
        assertThat(answer(judge(BOB, session, 1, "a")).outcome()).isEqualTo(Outcome.EXPIRED);
    }

    @Test
    void oneSessionTooManyEvictsTheClientsOwnLeastRecentlyOrdered() {
        SessionId first = open(ALICE, 1);
        SessionId second = open(ALICE, 2);
        SessionId bobs = open(BOB, 1);
        execute(ALICE, first, 1, "a");
        open(ALICE, 3);
        assertThat(answer(judge(ALICE, second, 1, "a")).outcome()).isEqualTo(Outcome.EXPIRED);
        assertThat(judge(ALICE, first, 2, "b")).isInstanceOf(Verdict.Execute.class);
        assertThat(judge(BOB, bobs, 1, "a")).isInstanceOf(Verdict.Execute.class);
    }

    @Test
    void oneClientTooManyEvictsTheLeastRecentlyOrderedClient() {
        SessionId alices = open(ALICE, 1);
        SessionId bobs = open(BOB, 1);
        open(client(3), 1);
        execute(ALICE, alices, 1, "a");
        open(client(4), 1);
        assertThat(answer(judge(BOB, bobs, 1, "a")).outcome()).isEqualTo(Outcome.EXPIRED);
        assertThat(judge(ALICE, alices, 2, "b")).isInstanceOf(Verdict.Execute.class);
        assertThat(table.sessions()).isEqualTo(3);
    }

    @Test
    void theTableComesBackFromItsBytesAndEqualTablesHaveEqualBytes() throws IOException {
        SessionId session = open(ALICE, 1);
        Reply reply = execute(ALICE, session, 2, "b");
        open(BOB, 9);
        byte[] bytes = bytes(table);
        table = SessionTable.readFrom(new DataInputStream(new ByteArrayInputStream(bytes)), LIMITS);
        assertThat(bytes(table)).isEqualTo(bytes);
        assertThat(answer(judge(ALICE, session, 2, "b"))).isEqualTo(reply);
        execute(ALICE, session, 1, "a");
        assertThat(bytes(table)).as("its last use has changed").isNotEqualTo(bytes);
    }

    @Test
    void aTableBeyondTheLimitsIsRefused() throws IOException {
        open(ALICE, 1);
        open(BOB, 1);
        byte[] bytes = bytes(table);
        SessionLimits smaller = new SessionLimits(1, 1, 1);
        assertThatThrownBy(() -> SessionTable.readFrom(new DataInputStream(new ByteArrayInputStream(bytes)), smaller))
                .isInstanceOf(IOException.class);
    }

    @Test
    void whatIsAcknowledgedStaysDeadInATableThatCameBack() throws IOException {
        SessionId session = open(ALICE, 1);
        execute(ALICE, session, 1, "a");
        table.acknowledge(ALICE, new Acknowledgement(session, 2));
        restore();
        assertThat(answer(judge(ALICE, session, 1, "a")).outcome()).isEqualTo(Outcome.DEAD);
        assertThat(answer(judge(ALICE, session, 2, "b")).outcome()).isEqualTo(Outcome.DEAD);
        assertThat(judge(ALICE, session, 2 + LIMITS.window(), "f")).isInstanceOf(Verdict.Execute.class);
    }

    @Test
    void aTableThatCameBackEvictsWhomItWouldHaveEvicted() throws IOException {
        SessionId alices = open(ALICE, 1);
        SessionId bobs = open(BOB, 1);
        SessionId carols = open(client(3), 1);
        execute(ALICE, alices, 1, "a");
        restore();
        open(client(4), 1);
        assertThat(answer(judge(BOB, bobs, 1, "a")).outcome())
                .as("least recently ordered")
                .isEqualTo(Outcome.EXPIRED);
        assertThat(judge(ALICE, alices, 2, "b")).isInstanceOf(Verdict.Execute.class);
        assertThat(judge(client(3), carols, 1, "c")).isInstanceOf(Verdict.Execute.class);
        assertThat(table.sessions()).isEqualTo(3);
    }

    @Test
    void aSessionWithMoreAnswersThanTheWindowIsRefused() throws IOException {
        SessionId session = open(ALICE, 1);
        for (int number = 1; number <= LIMITS.window(); number++) {
            execute(ALICE, session, number, "a");
        }
        byte[] bytes = bytes(table);
        SessionLimits narrower = new SessionLimits(LIMITS.clients(), LIMITS.sessionsPerClient(), LIMITS.window() - 1);
        assertThatThrownBy(() -> SessionTable.readFrom(new DataInputStream(new ByteArrayInputStream(bytes)), narrower))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("4 answers");
    }

    private void restore() throws IOException {
        table = SessionTable.readFrom(new DataInputStream(new ByteArrayInputStream(bytes(table))), LIMITS);
    }

    @Test
    void aSessionThatExpiredByANumberBeyondTheWindowIsCountedNoLonger() {
        SessionId session = open(ALICE, 1);
        open(BOB, 1);
        judge(ALICE, session, LIMITS.window() + 1, "beyond");
        assertThat(table.sessions()).isEqualTo(1);
    }

    // ---- answers again ----

    @Test
    void whatIsSettledCanBeAnsweredAgainAlikeByEveryReplica() {
        SessionId session = open(ALICE, 5);
        Reply done = execute(ALICE, session, 3, "c");
        table.acknowledge(ALICE, new Acknowledgement(session, 1));
        assertThat(repeat(request(session, 3, "c"))).contains(done);
        assertThat(repeat(request(session, 3, "other"))).contains(answer(judge(ALICE, session, 3, "other")));
        assertThat(repeat(request(session, 1, "a"))).contains(answer(judge(ALICE, session, 1, "a")));
        assertThat(repeat(opening(5))).contains(answer(table.judge(ALICE, opening(5), place())));
        assertThat(repeat(opening(4))).contains(answer(table.judge(ALICE, opening(4), place())));
        Request expired = request(new SessionId(1, 7), 1, "a");
        assertThat(repeat(expired)).contains(answer(table.judge(ALICE, expired, place())));
    }

    @Test
    void whatIsNotSettledIsNotAnsweredAgain() {
        SessionId session = open(ALICE, 5);
        assertThat(repeat(request(session, 1, "a"))).isEmpty();
        assertThat(repeat(opening(6))).isEmpty();
        assertThat(table.repeat(BOB, opening(1), sequence)).isEmpty();
        assertThat(repeat(request(new SessionId(sequence + 1, 0), 1, "a")))
                .as("opened in a batch that this replica has not executed yet")
                .isEmpty();
    }

    @Test
    void aRefusalDoesNotSayWhereItsRequestStoodForItMayStandInSeveralPlaces() {
        SessionId session = open(ALICE, 1);
        execute(ALICE, session, 1, "a");
        assertThat(judge(ALICE, session, 1, "b")).isEqualTo(judge(ALICE, session, 1, "b"));
    }

    @Test
    void theFeedNamesWhatTheTableHasAnswered() {
        SessionId session = open(ALICE, 5);
        execute(ALICE, session, 1, "a");
        execute(ALICE, session, 3, "c");
        table.acknowledge(ALICE, new Acknowledgement(session, 1));
        AnsweredNumbers answered = table.answered(sequence);
        assertThat(answered)
                .isEqualTo(new AnsweredNumbers(
                        sequence,
                        Map.of(
                                ALICE,
                                new AnsweredNumbers.OfClient(
                                        5, Map.of(session, new AnsweredNumbers.OfSession(1, Set.of(3L)))))));
        execute(ALICE, session, 2, "b");
        assertThat(answered.clients().get(ALICE).sessions().get(session).above())
                .as("immutable")
                .containsExactly(3L);
    }

    private Optional<Reply> repeat(Request request) {
        return table.repeat(ALICE, request, sequence);
    }

    // ---- bounds ----

    /** Cut off for long, it has given up what it called meanwhile, and none of that was ordered. */
    @Test
    void aClientThatHasGivenUpMoreThanAWindowGoesOnInItsSession() {
        SessionId session = open(ALICE, 1);
        long given = 5L * LIMITS.window();
        table.acknowledge(ALICE, new Acknowledgement(session, given));
        assertThat(judge(ALICE, session, given + LIMITS.window(), "x")).isInstanceOf(Verdict.Execute.class);
        table.acknowledge(ALICE, new Acknowledgement(session, 1));
        assertThat(answer(judge(ALICE, session, given, "x")).outcome())
                .as("acknowledgements never go back")
                .isEqualTo(Outcome.DEAD);
    }

    @Test
    void whoAcknowledgesAllNumbersThereAreHasFewLeft() throws IOException {
        SessionId session = open(ALICE, 1);
        table.acknowledge(ALICE, new Acknowledgement(session, Long.MAX_VALUE));
        execute(ALICE, session, Long.MAX_VALUE, "x");
        assertThat(answer(judge(ALICE, session, 1, "x")).outcome()).isEqualTo(Outcome.DEAD);
        restore();
        assertThat(answer(judge(ALICE, session, 1, "x")).outcome()).isEqualTo(Outcome.DEAD);
    }

    @Test
    void anAcknowledgementOfAnotherClientsSessionDoesNothing() {
        SessionId session = open(ALICE, 1);
        open(BOB, 1);
        table.acknowledge(BOB, new Acknowledgement(session, 3));
        assertThat(judge(ALICE, session, 1, "a")).isInstanceOf(Verdict.Execute.class);
    }

    @Test
    void aReplayedOpeningOfAnEvictedSessionOpensNothing() {
        open(ALICE, 1);
        open(ALICE, 2);
        SessionId third = open(ALICE, 3);
        assertThat(answer(table.judge(ALICE, opening(1), place())).outcome()).isEqualTo(Outcome.STALE_OPENING);
        assertThat(table.sessions()).isEqualTo(2);
        assertThat(answer(judge(ALICE, third, 5, "beyond")).outcome()).isEqualTo(Outcome.EXPIRED);
        assertThat(answer(table.judge(ALICE, opening(3), place())).outcome())
                .as("its session has expired")
                .isEqualTo(Outcome.STALE_OPENING);
    }

    private static ClientId client(int number) {
        return new ClientId(new Digest(number, 0, 0, 0));
    }

    private SessionId place() {
        return new SessionId(++sequence, 0);
    }

    private static Request opening(long number) {
        return new Request(Request.Kind.OPEN_SESSION, SessionId.NONE, number, ByteString.EMPTY);
    }

    private static Request request(SessionId session, long number, String body) {
        return new Request(Request.Kind.ORDERED, session, number, ByteString.copyFromUtf8(body));
    }

    private SessionId open(ClientId client, long number) {
        return answer(table.judge(client, opening(number), place())).session();
    }

    private Verdict judge(ClientId client, SessionId session, long number, String body) {
        return table.judge(client, request(session, number, body), place());
    }

    private Reply execute(ClientId client, SessionId session, long number, String body) {
        assertThat(judge(client, session, number, body)).isInstanceOf(Verdict.Execute.class);
        Reply reply = new Reply(
                Request.Kind.ORDERED,
                session,
                number,
                sequence,
                Outcome.EXECUTED,
                ByteString.copyFromUtf8("did " + body));
        assertThat(table.executed(reply)).isEqualTo(reply);
        return reply;
    }

    private static Reply answer(Verdict verdict) {
        return ((Verdict.Answer) verdict).reply();
    }

    private static byte[] bytes(SessionTable table) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        table.writeTo(new DataOutputStream(bytes));
        return bytes.toByteArray();
    }
}
