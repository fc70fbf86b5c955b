package dev.atlas.it.sim.history;

import com.google.protobuf.ByteString;
import dev.atlas.exec.state.KeyValueReply;
import dev.atlas.exec.state.KeyValueRequest;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Histories as text, one event per line: "a put x 1", "a = -" (the value before: none), "a get x", "a delete x", "a cas x - 1", "a = true", "a lost", "a
 * refused", and "m maybe put x 1" for what a Byzantine client may have asked for.
 */
final class HistoryScript {

    private final History<KeyValueRequest, KeyValueReply> history = new History<>();
    private final Map<String, Integer> running = new HashMap<>();
    private long nanos;

    private HistoryScript() {}

    static History<KeyValueRequest, KeyValueReply> of(String script) {
        HistoryScript reader = new HistoryScript();
        script.lines().map(String::strip).filter(line -> !line.isEmpty()).forEach(reader::line);
        return reader.history;
    }

    private void line(String line) {
        nanos++;
        String[] words = line.split(" ");
        String client = words[0];
        switch (words[1]) {
            case "=" -> history.complete(end(client), reply(words[2]), nanos);
            case "lost" -> history.abandon(end(client));
            case "refused" -> history.refuse(end(client));
            case "maybe" -> history.mayInvoke(client, request(words, 2), nanos);
            default -> {
                if (running.put(client, history.invoke(client, request(words, 1), nanos)) != null) {
                    throw new IllegalArgumentException(client + " is still busy: " + line);
                }
            }
        }
    }

    private int end(String client) {
        return Optional.ofNullable(running.remove(client))
                .orElseThrow(() -> new IllegalArgumentException(client + " has not called"));
    }

    private static KeyValueRequest request(String[] words, int at) {
        ByteString key = bytes(words[at + 1]);
        return switch (words[at]) {
            case "put" -> new KeyValueRequest.Put(key, bytes(words[at + 2]));
            case "get" -> new KeyValueRequest.Get(key);
            case "delete" -> new KeyValueRequest.Delete(key);
            case "cas" -> new KeyValueRequest.CompareAndSet(key, value(words[at + 2]), bytes(words[at + 3]));
            default -> throw new IllegalArgumentException("no operation: " + words[at]);
        };
    }

    private static KeyValueReply reply(String word) {
        return switch (word) {
            case "true" -> new KeyValueReply.Swapped(true);
            case "false" -> new KeyValueReply.Swapped(false);
            default -> new KeyValueReply.Value(value(word));
        };
    }

    private static Optional<ByteString> value(String word) {
        return word.equals("-") ? Optional.empty() : Optional.of(bytes(word));
    }

    private static ByteString bytes(String word) {
        return ByteString.copyFromUtf8(word);
    }
}
