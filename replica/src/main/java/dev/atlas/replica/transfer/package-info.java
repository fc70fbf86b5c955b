/**
 * Fetches a state from the other replicas, and serves one to them.
 *
 * <p>Messages enter on connections' reader threads and are posted to bounded mailboxes; fetching is blocking code on one virtual thread, serving on one for each
 * peer; hashing and serialising run on the compute pool. Nothing here touches protocol state: the orchestrator decides whether a fetched state is installed.
 */
@NullMarked
package dev.atlas.replica.transfer;

import org.jspecify.annotations.NullMarked;
