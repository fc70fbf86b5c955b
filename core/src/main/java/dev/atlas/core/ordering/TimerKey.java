package dev.atlas.core.ordering;

/** Names a timer of the protocol; starting one that runs replaces it. */
public sealed interface TimerKey {

    /** No new view after Q asked for it. */
    record ViewTimer(long view) implements TimerKey {}

    /** The own VIEW-CHANGE is re-sent. */
    record ViewChangeResend() implements TimerKey {}

    /** STATUS is due. */
    record StatusTimer() implements TimerKey {}

    /** Bodies of a slot's batch have been waited for. */
    record BodyWait(long sequence) implements TimerKey {}

    /** A batch or VIEW-CHANGE was asked for and did not come. */
    record FetchRetry() implements TimerKey {}
}
