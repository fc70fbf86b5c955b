package dev.atlas.exec.executor;

import dev.atlas.core.application.ExecutionContext;
import dev.atlas.core.message.Request;
import dev.atlas.core.types.SessionId;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.identity.ClientId;

/**
 * An ordered request that is to be executed.
 *
 * @param place in the log
 * @param chain chain digest of its batch
 */
public record Task(ClientId client, Request request, SessionId place, long timeMillis, Digest chain) {

    ExecutionContext context() {
        // Any mixing of chain and place will do: it has to be equal on all replicas and differ between requests.
        long seed = chain.word0() ^ (chain.word1() + 0x9E3779B97F4A7C15L * (place.index() + 1L));
        return new ExecutionContext(client, request.session(), request.number(), place.sequence(), timeMillis, seed);
    }
}
