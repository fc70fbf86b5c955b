package dev.atlas.it.sim.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.ExecutionContext;
import dev.atlas.core.types.SessionId;
import dev.atlas.exec.state.KeyValueReply;
import dev.atlas.exec.state.KeyValueRequest;
import dev.atlas.net.crypto.PublicKey;
import dev.atlas.net.identity.ClientId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs that went wrong are told in words: what was answered, what may have been, what was going on. */
class ClientOracleTest {

    private static final ClientId CLIENT = ClientId.of(new PublicKey(new byte[1]));

    private final List<String> reported = new ArrayList<>();
    private final ExecutionOracle executions = new ExecutionOracle(reported::add, (name, sequence) -> {});
    private final ExecutionOracle.Replica replica = executions.replica("replica-0");
    private ClientOracle oracle = new ClientOracle(false, reported::add);
    private long operations;
    private long nanos;
    private long sequence;

    private static ByteString bytes(String text) {
        return ByteString.copyFromUtf8(text);
    }

    private static KeyValueRequest put(String value) {
        return new KeyValueRequest.Put(bytes("x"), bytes(value));
    }

    private static KeyValueRequest get() {
        return new KeyValueRequest.Get(bytes("x"));
    }

    private static KeyValueReply absent() {
        return new KeyValueReply.Value(Optional.empty());
    }

    private static KeyValueReply value(String value) {
        return new KeyValueReply.Value(Optional.of(bytes(value)));
    }

    private Operation call(String client, KeyValueRequest request, boolean ordered) {
        Operation operation = new Operation(++operations, client, request, ordered, ++nanos);
        oracle.called(operation);
        return operation;
    }

    private Operation call(String client, KeyValueRequest request) {
        return call(client, request, true);
    }

    private void execute(Operation operation, KeyValueReply reply) {
        replica.executed(
                new ExecutionContext(CLIENT, SessionId.NONE, operation.id(), ++sequence, 0, 0),
                operation.id(),
                operation.request(),
                reply);
    }

    private void answer(Operation operation, KeyValueReply reply) {
        oracle.returned(operation, reply, ++nanos);
    }

    private void executeAndAnswer(Operation operation, KeyValueReply reply) {
        execute(operation, reply);
        answer(operation, reply);
    }

    private String judged() {
        oracle.judge(executions);
        return String.join("\n----\n", reported);
    }

    @Test
    void aRunAsItShouldBeIsNotObjectedTo() {
        Operation put = call("a", put("1"));
        Operation read = call("b", get());
        executeAndAnswer(read, absent());
        executeAndAnswer(put, absent());
        executeAndAnswer(call("b", get()), value("1"));
        assertThat(judged()).isEmpty();
    }

    @Test
    void anOldValueIsToldAsNotLinearizableAndAsAnAnswerThatTheLogDoesNotGive() {
        executeAndAnswer(call("a", put("1")), absent());
        executeAndAnswer(call("a", put("2")), value("1"));
        Operation read = call("b", get());
        execute(read, value("2"));
        answer(read, value("1"));
        assertThat(judged())
                .startsWith("not linearizable in x: no order explains\n  #2 of b: get = \"1\"")
                .contains("Until then the state may have been\n  \"2\"\n")
                .contains("#1 of a: put \"2\" = \"1\"")
                .contains("#3 of b: get in x = \"1\" was answered otherwise than executed");
        assertThat(reported).as("told together").hasSize(1);
    }

    @Test
    void aLostWriteIsToldAsNotLinearizable() {
        answer(call("a", put("1")), absent());
        executeAndAnswer(call("b", get()), absent());
        assertThat(judged())
                .startsWith("not linearizable in x: no order explains\n  #1 of b: get = absent")
                .contains("is acknowledged and not in the log");
    }

    @Test
    void anEffectOfWhatWasRefusedIsToldAsNotLinearizable() {
        Operation refused = call("a", put("1"));
        oracle.refused(refused);
        execute(refused, absent());
        executeAndAnswer(call("b", get()), value("1"));
        assertThat(judged())
                .startsWith("not linearizable in x: no order explains\n  #1 of b: get = \"1\"")
                .contains("state may have been\n  absent\n")
                .contains("its client was told that it was not");
    }

    @Test
    void anOperationOfUnknownOutcomeMayTakeEffectLateOrNever() {
        Operation late = call("a", put("1"));
        call("a", put("7"));
        executeAndAnswer(call("b", get()), absent());
        execute(late, absent());
        executeAndAnswer(call("b", get()), value("1"));
        assertThat(judged()).isEmpty();
    }

    @Test
    void anOperationOfUnknownOutcomeDoesNotTakeEffectTwice() {
        Operation unknown = call("a", put("1"));
        execute(unknown, absent());
        executeAndAnswer(call("b", get()), value("1"));
        executeAndAnswer(call("b", put("2")), value("1"));
        executeAndAnswer(call("b", get()), value("1"));
        assertThat(judged())
                .startsWith("not linearizable in x: no order explains\n  #3 of b: get = \"1\"")
                .contains("for instance after", "#0 of a: put \"1\", outcome unknown");
    }

    @Test
    void aReplyThatTheStoreItselfGetsWrongIsNoticedThoughTheLogAgrees() {
        executeAndAnswer(call("a", put("1")), absent());
        executeAndAnswer(
                call("a", new KeyValueRequest.CompareAndSet(bytes("x"), Optional.of(bytes("1")), bytes("2"))),
                new KeyValueReply.Swapped(false));
        assertThat(judged())
                .startsWith("not linearizable in x: no order explains\n  #1 of a: set \"2\" if \"1\" = not set");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aFastReadThatGoesBackIsObjectedToWhereFastReadsArePromisedToBeLinearizable(boolean promised) {
        oracle = new ClientOracle(promised, reported::add);
        Operation write = call("a", put("1"));
        answer(call("b", get(), false), value("1"));
        answer(call("c", get(), false), absent());
        execute(write, absent());
        String told = judged();
        if (promised) {
            assertThat(told)
                    .startsWith("not linearizable in x: no order explains\n  #2 of c: get = absent")
                    .contains("state may have been\n  \"1\"\n")
                    .contains("#3 of c, unordered: get in x = absent is not linearizable: no state from");
        } else {
            assertThat(told).isEmpty();
        }
    }

    @Test
    void aFastReadOfUnknownOutcomeChangesNothing() {
        oracle = new ClientOracle(true, reported::add);
        call("b", get(), false);
        executeAndAnswer(call("a", put("1")), absent());
        answer(call("c", get(), false), value("1"));
        assertThat(judged()).isEmpty();
    }
}
