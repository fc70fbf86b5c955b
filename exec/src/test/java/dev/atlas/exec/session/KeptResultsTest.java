package dev.atlas.exec.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
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
import java.io.OutputStream;
import org.junit.jupiter.api.Test;

/** Results that are not acknowledged are kept for as long as there is room; that something was executed is never forgotten. */
class KeptResultsTest {

    /** 100 bytes for a client, 150 for all, beyond 20 for each. */
    private static final SessionLimits LIMITS = limits(100, 150, 20);

    private static final ClientId ALICE = client(1);
    private static final ClientId BOB = client(2);

    private SessionTable table = new SessionTable(LIMITS);
    private long sequence;

    @Test
    void aResultBeyondTheClientsRoomIsSentOnceAndNotKept() {
        SessionId session = open(ALICE, 1);
        assertKept(ALICE, session, 1, 60);
        assertThat(execute(ALICE, session, 2, 41)).isEqualTo(Outcome.RESULT_NOT_KEPT);
        Reply again = again(ALICE, session, 2);
        assertThat(again.outcome()).isEqualTo(Outcome.RESULT_NOT_KEPT);
        assertThat(again.result().toStringUtf8())
                .isEqualTo("its client left more than 100 bytes of results unacknowledged");
        assertThat(again.sequence()).as("where it was executed").isEqualTo(3);
        assertThat(table.repeat(ALICE, request(session, 2), sequence)).contains(again);
        assertKept(ALICE, session, 3, 40);
        assertThat(again(ALICE, session, 1).outcome()).isEqualTo(Outcome.EXECUTED);
    }

    @Test
    void aNumberWhoseResultIsNotKeptIsExecutedOnceAllTheSame() throws IOException {
        SessionId session = open(ALICE, 1);
        execute(ALICE, session, 1, 101);
        assertThat(table.answered(sequence)
                        .clients()
                        .get(ALICE)
                        .sessions()
                        .get(session)
                        .above())
                .containsExactly(1L);
        restore(LIMITS);
        assertThat(again(ALICE, session, 1).outcome()).isEqualTo(Outcome.RESULT_NOT_KEPT);
        Request other = new Request(Request.Kind.ORDERED, session, 1, ByteString.copyFromUtf8("other"));
        assertThat(((Verdict.Answer) table.judge(ALICE, other, place())).reply().outcome())
                .isEqualTo(Outcome.CONFLICT);
    }

    @Test
    void allClientsTogetherHaveABoundButEachHasAPartOfItsOwn() {
        SessionId alices = open(ALICE, 1);
        SessionId bobs = open(BOB, 1);
        assertKept(ALICE, alices, 1, 100);
        assertKept(BOB, bobs, 1, 90);
        assertThat(table.sharedResultBytes()).isEqualTo(80 + 70);
        assertThat(execute(BOB, bobs, 2, 1)).isEqualTo(Outcome.RESULT_NOT_KEPT);
        assertThat(again(BOB, bobs, 2).result().toStringUtf8())
                .isEqualTo("its client left more than 20 bytes of results unacknowledged,"
                        + " and all clients together more than 150 beyond that");
        SessionId carols = open(client(3), 1);
        assertKept(client(3), carols, 1, 20);
        assertThat(execute(client(3), carols, 2, 1)).isEqualTo(Outcome.RESULT_NOT_KEPT);
    }

    @Test
    void whatIsAcknowledgedGivesItsRoomBack() {
        SessionId session = open(ALICE, 1);
        assertKept(ALICE, session, 1, 50);
        assertKept(ALICE, session, 2, 50);
        table.acknowledge(ALICE, new Acknowledgement(session, 1));
        assertThat(table.sharedResultBytes()).isEqualTo(30);
        assertKept(ALICE, session, 3, 50);
        table.acknowledge(ALICE, new Acknowledgement(session, 3));
        assertThat(table.sharedResultBytes()).isZero();
    }

    @Test
    void theRoomIsTheClientsNotTheSessions() {
        SessionId first = open(ALICE, 1);
        SessionId second = open(ALICE, 2);
        assertKept(ALICE, first, 1, 60);
        assertThat(execute(ALICE, second, 1, 41)).isEqualTo(Outcome.RESULT_NOT_KEPT);
    }

    @Test
    void aSessionThatIsGoneGivesItsRoomBack() {
        SessionId first = open(ALICE, 1);
        SessionId second = open(ALICE, 2);
        assertKept(ALICE, first, 1, 60);
        assertKept(ALICE, second, 1, 40);
        open(ALICE, 3);
        assertThat(table.sharedResultBytes()).as("the first one is evicted").isEqualTo(20);
        table.judge(ALICE, request(second, LIMITS.window() + 1), place());
        assertThat(table.sharedResultBytes())
                .as("the second one went beyond the window")
                .isZero();
    }

    @Test
    void aClientThatIsEvictedGivesItsRoomBack() {
        assertKept(ALICE, open(ALICE, 1), 1, 100);
        open(BOB, 1);
        open(client(3), 1);
        assertThat(table.sharedResultBytes()).isEqualTo(80);
        open(client(4), 1);
        assertThat(table.sharedResultBytes()).isZero();
        assertKept(ALICE, open(ALICE, 2), 1, 100);
    }

    @Test
    void whatIsAcknowledgedLaterInTheLogGivesNoRoomToWhatStandsBefore() {
        SessionId session = open(ALICE, 1);
        table.judge(ALICE, request(session, 1), place());
        table.judge(ALICE, request(session, 2), place());
        table.acknowledge(ALICE, new Acknowledgement(session, 1));
        assertThat(table.judge(ALICE, request(session, 2), place())).isEqualTo(new Verdict.Again(1));
        table.judge(ALICE, request(session, 3), place());
        assertThat(table.executed(reply(session, 1, 60)).outcome()).isEqualTo(Outcome.EXECUTED);
        assertThat(table.executed(reply(session, 2, 60)).outcome()).isEqualTo(Outcome.RESULT_NOT_KEPT);
        assertThat(table.executed(reply(session, 3, 60)).outcome()).isEqualTo(Outcome.EXECUTED);
        assertThat(table.sharedResultBytes()).isEqualTo(40);
    }

    @Test
    void aTableIsNotLookedAtBetweenJudgingAndExecution() {
        SessionId session = open(ALICE, 1);
        table.judge(ALICE, request(session, 1), place());
        assertThatThrownBy(table::snapshot).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> table.executed(reply(session, 2, 1))).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aTableThatCameBackHasTheSameRoom() throws IOException {
        SessionId alices = open(ALICE, 1);
        SessionId bobs = open(BOB, 1);
        assertKept(ALICE, alices, 1, 90);
        assertKept(BOB, bobs, 1, 90);
        execute(BOB, bobs, 2, 11);
        byte[] bytes = bytes();
        restore(LIMITS);
        assertThat(bytes()).isEqualTo(bytes);
        assertThat(table.sharedResultBytes()).isEqualTo(140);
        assertThat(execute(BOB, bobs, 3, 11)).isEqualTo(Outcome.RESULT_NOT_KEPT);
        assertKept(BOB, bobs, 4, 10);
        assertThat(table.sharedResultBytes()).isEqualTo(150);
    }

    @Test
    void aTableWithMoreResultsThanThereIsRoomForIsRefused() {
        assertKept(ALICE, open(ALICE, 1), 1, 90);
        assertKept(BOB, open(BOB, 1), 1, 90);
        assertRefused(limits(89, 150, 20));
        assertRefused(limits(90, 139, 20));
        assertRefused(limits(90, 140, 19));
        assertThat(table.sharedResultBytes()).isEqualTo(140);
    }

    @Test
    void aTableWithAResultThatIsTooLongIsRefused() throws IOException {
        table = new SessionTable(limits(1 << 20, 1 << 20, 0));
        assertKept(ALICE, open(ALICE, 1), 1, ResultLimits.SMALLEST);
        restore(limits(1 << 20, 1 << 20, 0));
        execute(ALICE, new SessionId(1, 0), 2, ResultLimits.SMALLEST + 1);
        assertThatThrownBy(() -> restore(limits(1 << 20, 1 << 20, 0)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("4097 bytes");
    }

    @Test
    void clientsThatAcknowledgeNothingHaveNoMoreKeptThanTheBound() throws IOException {
        SessionLimits limits = new SessionLimits(100_000, 16, 1024);
        table = new SessionTable(limits);
        ByteString mebibyte = ByteString.copyFrom(new byte[1 << 20]);
        int clients = 20;
        long executed = 0;
        for (int each = 1; each <= clients; each++) {
            for (int opening = 1; opening <= 2; opening++) {
                SessionId session = open(client(each), opening);
                for (int number = 1; number <= limits.window(); number++) {
                    table.judge(client(each), request(session, number), place());
                    table.executed(
                            new Reply(Request.Kind.ORDERED, session, number, sequence, Outcome.EXECUTED, mebibyte));
                    executed++;
                }
            }
        }
        assertThat(executed).as("without a bound as many mebibytes").isEqualTo(40_960);
        long own = clients * limits.results().own();
        assertThat(table.sharedResultBytes()).isLessThanOrEqualTo(256 << 20).isGreaterThan(250 << 20);
        assertThat(size()).isLessThan((256 << 20) + own + 64 * executed);
    }

    private long size() throws IOException {
        DataOutputStream counting = new DataOutputStream(OutputStream.nullOutputStream()) {
            private long bytes;

            @Override
            public void write(byte[] source, int offset, int length) {
                bytes += length;
            }

            @Override
            public void write(int value) {
                bytes++;
            }

            @Override
            public String toString() {
                return Long.toString(bytes);
            }
        };
        table.writeTo(counting);
        return Long.parseLong(counting.toString());
    }

    private void assertRefused(SessionLimits smaller) {
        assertThatThrownBy(() -> restore(smaller))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no room");
    }

    private static SessionLimits limits(long perClient, long shared, long own) {
        return new SessionLimits(3, 2, 8, new ResultLimits(ResultLimits.SMALLEST, perClient, shared, own));
    }

    private static ClientId client(int number) {
        return new ClientId(new Digest(number, 0, 0, 0));
    }

    private SessionId place() {
        return new SessionId(++sequence, 0);
    }

    private SessionId open(ClientId client, long number) {
        Request opening = new Request(Request.Kind.OPEN_SESSION, SessionId.NONE, number, ByteString.EMPTY);
        return ((Verdict.Answer) table.judge(client, opening, place())).reply().session();
    }

    private static Request request(SessionId session, long number) {
        return new Request(Request.Kind.ORDERED, session, number, ByteString.copyFromUtf8("do " + number));
    }

    private Reply reply(SessionId session, long number, int bytes) {
        return new Reply(
                Request.Kind.ORDERED,
                session,
                number,
                sequence,
                Outcome.EXECUTED,
                ByteString.copyFrom(new byte[bytes]));
    }

    /** What a repetition gets. */
    private Outcome execute(ClientId client, SessionId session, long number, int bytes) {
        assertThat(table.judge(client, request(session, number), place())).isInstanceOf(Verdict.Execute.class);
        Reply repeated = table.executed(reply(session, number, bytes));
        assertThat(again(client, session, number)).isEqualTo(repeated);
        return repeated.outcome();
    }

    private void assertKept(ClientId client, SessionId session, long number, int bytes) {
        assertThat(execute(client, session, number, bytes)).isEqualTo(Outcome.EXECUTED);
        assertThat(again(client, session, number).result().size()).isEqualTo(bytes);
    }

    private Reply again(ClientId client, SessionId session, long number) {
        return table.repeat(client, request(session, number), sequence).orElseThrow();
    }

    private byte[] bytes() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        table.writeTo(new DataOutputStream(bytes));
        return bytes.toByteArray();
    }

    private void restore(SessionLimits limits) throws IOException {
        table = SessionTable.readFrom(new DataInputStream(new ByteArrayInputStream(bytes())), limits);
    }
}
