package dev.atlas.core.preprocessing;

import dev.atlas.core.message.RequestBundle;
import dev.atlas.net.crypto.Digest;
import java.time.Duration;
import java.util.List;

/** Hears from pre-processing, on its threads; must not block. */
public interface PreProcessingListener {

    /** The batcher was empty and is not any more. */
    void workWaiting();

    /**
     * All bodies of an awaited batch are here.
     *
     * @param naming what the batch was awaited with
     */
    void bodiesHeld(Digest batch, boolean verified, long naming);

    /**
     * These have waited half the request timeout: forward them to whoever leads.
     *
     * @param doubtful those of them that will time out next: if members say that they are decided, that is enough
     *     ({@link RequestPreProcessor#saidToBeDecided})
     */
    void requestsLate(long view, List<RequestBundle> bundles, List<Digest> doubtful);

    /**
     * Said again as long as it holds.
     *
     * @param overdue how long ago the request that has waited longest in this view should have been ordered
     */
    void requestTimedOut(long view, Duration overdue);

    /** Bundles with unordered requests, to be executed without ordering; returns those for which there is no room. */
    List<RequestBundle> unordered(List<RequestBundle> bundles);

    /** A bundle was received again after it was decided: its client may have missed the answers. */
    void answerAgain(RequestBundle bundle);
}
