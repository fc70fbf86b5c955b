package dev.atlas.core.wire;

import java.io.IOException;
import java.util.function.Function;

/** The result of decoding what somebody sent. */
public sealed interface Decoded<T> {

    record Value<T>(T value) implements Decoded<T> {}

    record Malformed<T>(String reason) implements Decoded<T> {}

    /** Runs a decoder that signals bad input by {@link MalformedException}. */
    static <T> Decoded<T> attempt(Decoder<? extends T> decoder) {
        try {
            return new Value<>(decoder.decode());
        } catch (MalformedException malformed) {
            return new Malformed<>(malformed.reason());
        } catch (IOException malformed) {
            return new Malformed<>("not a message: " + malformed.getMessage());
        } catch (IllegalArgumentException malformed) {
            return new Malformed<>("bad field: " + malformed.getMessage());
        }
    }

    default <U> U fold(Function<? super T, ? extends U> value, Function<String, ? extends U> malformed) {
        return switch (this) {
            case Value<T> decoded -> value.apply(decoded.value());
            case Malformed<T> rejected -> malformed.apply(rejected.reason());
        };
    }

    /** May refuse its input. */
    @FunctionalInterface
    interface Decoder<T> {
        T decode() throws MalformedException, IOException;
    }
}
