package dev.atlas.exec.executor;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.Codec;
import dev.atlas.core.application.CrudState;
import dev.atlas.core.application.ExecutionContext;
import dev.atlas.core.application.ScalableApplication;
import java.util.Random;
import java.util.function.Supplier;

/**
 * Does to the state what the number in its request, and what it reads, make it do; tells all that it has seen. A second number in the request is how many
 * keys there are.
 */
final class Scribbler<S extends CrudState> implements ScalableApplication<S, String, String> {

    private static final int KEYS = 40;

    private final Supplier<S> states;
    private final Runnable pause;

    /**
     * @param pause called before each access to the view, to let others run
     */
    Scribbler(Supplier<S> states, Runnable pause) {
        this.states = states;
        this.pause = pause;
    }

    @Override
    public S initialState() {
        S state = states.get();
        state.update("x", key(0), ByteString.copyFromUtf8("from the beginning"));
        return state;
    }

    @Override
    public Codec<String> requestCodec() {
        return Codec.UTF_8;
    }

    @Override
    public Codec<String> replyCodec() {
        return Codec.UTF_8;
    }

    @Override
    public String speculativelyExecute(CrudState view, String request, ExecutionContext context) {
        if (request.startsWith("set ")) {
            String[] words = request.split(" ");
            view.update("pair", ByteString.copyFromUtf8("left"), ByteString.copyFromUtf8(words[1]));
            view.update("pair", ByteString.copyFromUtf8("right"), ByteString.copyFromUtf8(words[1]));
            return words[1];
        }
        String[] numbers = request.split(" ");
        Random random = new Random(Long.parseLong(numbers[0]));
        int keys = numbers.length > 1 ? Integer.parseInt(numbers[1]) : KEYS;
        StringBuilder seen = new StringBuilder().append(context.randomSeed());
        for (int step = random.nextInt(4); step >= 0; step--) {
            pause.run();
            String column = random.nextBoolean() ? "x" : "y";
            ByteString key = key(random.nextInt(keys));
            ByteString value = ByteString.copyFromUtf8(seen.length() + " " + context.timeMillis());
            switch (random.nextInt(5)) {
                case 0 -> seen.append(view.read(column, key).map(ByteString::toStringUtf8));
                case 1 -> seen.append(view.create(column, key, value));
                case 2 -> seen.append(view.delete(column, key).map(ByteString::toStringUtf8));
                case 3 -> seen.append(view.update(column, key, value).map(ByteString::toStringUtf8));
                default -> {
                    if (view.read(column, key).isPresent() && random.nextInt(3) == 0) {
                        throw new IllegalStateException("refused " + seen);
                    }
                }
            }
        }
        return seen.toString();
    }

    @Override
    public String executeUnordered(S state, String request, ExecutionContext context) {
        return state.read("pair", ByteString.copyFromUtf8("left"))
                        .map(ByteString::toStringUtf8)
                        .orElse("none") + "="
                + state.read("pair", ByteString.copyFromUtf8("right"))
                        .map(ByteString::toStringUtf8)
                        .orElse("none");
    }

    private static ByteString key(int number) {
        return ByteString.copyFromUtf8("k" + number);
    }
}
