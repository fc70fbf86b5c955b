package dev.atlas.core.application;

/**
 * An ordered request and all that its execution may depend on besides the state.
 *
 * @param <Q> request
 */
public record OrderedRequest<Q>(Q request, ExecutionContext context) {}
