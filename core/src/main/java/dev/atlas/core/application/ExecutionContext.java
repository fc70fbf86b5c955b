package dev.atlas.core.application;

import dev.atlas.core.types.SessionId;
import dev.atlas.net.identity.ClientId;

/**
 * All that an execution may depend on besides state and request.
 *
 * @param session {@link SessionId#NONE} for an unordered request
 * @param number the request's number within its session
 * @param sequence where it was ordered; for an unordered request that of the last batch in the state
 * @param timeMillis the cluster's time: t(s) = max(t(s-1), timestamp(s)), milliseconds since the Unix epoch
 * @param randomSeed the same on every replica, different for every ordered request; the same for all unordered ones on one state; not secret
 */
public record ExecutionContext(
        ClientId client, SessionId session, long number, long sequence, long timeMillis, long randomSeed) {}
