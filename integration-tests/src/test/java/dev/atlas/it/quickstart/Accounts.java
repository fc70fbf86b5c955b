package dev.atlas.it.quickstart;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.Codec;
import dev.atlas.core.application.CrudState;
import dev.atlas.core.application.ExecutionContext;
import dev.atlas.core.application.ScalableApplication;
import dev.atlas.exec.state.KeyValueState;

// readme: begin
/** Transfers "from to amount"; those between other accounts run beside it. Everybody begins with 100. */
final class Accounts implements ScalableApplication<KeyValueState, String, String> {

    public KeyValueState initialState() {
        return new KeyValueState();
    }

    public Codec<String> requestCodec() {
        return Codec.UTF_8;
    }

    public Codec<String> replyCodec() {
        return Codec.UTF_8;
    }

    public String speculativelyExecute(CrudState view, String transfer, ExecutionContext context) {
        String[] words = transfer.split(" ");
        if (words.length == 1) {
            return Long.toString(balance(view, words[0])); // a read that replicas answered differently comes here
        }
        if (words.length != 3 || !words[2].matches("[0-9]{1,18}")) {
            throw new IllegalArgumentException("no transfer: " + transfer);
        }
        long amount = Long.parseLong(words[2]);
        if (amount > balance(view, words[0])) {
            throw new IllegalStateException(words[0] + " cannot give " + amount); // the error reply to this request
        }
        set(view, words[0], balance(view, words[0]) - amount);
        set(view, words[1], balance(view, words[1]) + amount);
        return "done";
    }

    public String executeUnordered(KeyValueState state, String name, ExecutionContext context) {
        return Long.toString(balance(state, name));
    }

    private static long balance(CrudState view, String name) {
        return view.read("balances", ByteString.copyFromUtf8(name))
                .map(bytes -> Long.parseLong(bytes.toStringUtf8()))
                .orElse(100L);
    }

    private static void set(CrudState view, String name, long balance) {
        view.update("balances", ByteString.copyFromUtf8(name), ByteString.copyFromUtf8(Long.toString(balance)));
    }
}
// readme: end
