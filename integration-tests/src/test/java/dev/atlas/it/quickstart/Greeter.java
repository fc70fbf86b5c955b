package dev.atlas.it.quickstart;

import dev.atlas.core.application.Application;
import dev.atlas.core.application.Codec;
import dev.atlas.core.application.ExecutionContext;
import dev.atlas.core.application.MonolithicState;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

// readme: begin
/** Greets, and counts its greetings: the state is one number. */
final class Greeter implements Application<Greeter.Greetings, String, String> {

    static final class Greetings implements MonolithicState {
        long count;

        public void writeTo(OutputStream target) throws IOException {
            new DataOutputStream(target).writeLong(count);
        }

        public void readFrom(InputStream source) throws IOException {
            count = new DataInputStream(source).readLong();
        }
    }

    public Greetings initialState() {
        return new Greetings();
    }

    public Codec<String> requestCodec() {
        return Codec.UTF_8;
    }

    public Codec<String> replyCodec() {
        return Codec.UTF_8;
    }

    public String execute(Greetings state, String name, ExecutionContext context) {
        if (name.isEmpty()) {
            return executeUnordered(state, name, context); // a question that replicas answered differently comes here
        }
        return "Hello " + name + ", you are number " + ++state.count;
    }

    public String executeUnordered(Greetings state, String name, ExecutionContext context) {
        return state.count + " greeted so far";
    }
}
// readme: end
