package dev.atlas.exec.executor;

import dev.atlas.core.message.RequestBundle;
import dev.atlas.net.identity.ClientId;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Bundles that wait, each client's in the order in which they came, and the clients in turn: one that asks for more than is answered makes itself wait, nobody
 * else. Bounded in number and in bytes of memory, for each client and for all together. Not thread-safe.
 */
final class FairQueue {

    static final int BUNDLES = 16_384;
    static final int BUNDLES_PER_CLIENT = BUNDLES / 4;
    static final long BYTES = 64L << 20;
    static final long BYTES_PER_CLIENT = BYTES / 4;

    /** In the order of their turns. */
    private final LinkedHashMap<ClientId, Share> shares = new LinkedHashMap<>();

    private int size;
    private long bytes;

    private static final class Share {
        private final ArrayDeque<RequestBundle> bundles = new ArrayDeque<>();
        private long bytes;
    }

    /** False if there is no room, for this client or at all. */
    boolean offer(RequestBundle bundle) {
        long more = bundle.footprint();
        Share share = shares.get(bundle.client());
        boolean fits = size < BUNDLES && bytes + more <= BYTES;
        boolean mayHave =
                share == null || (share.bundles.size() < BUNDLES_PER_CLIENT && share.bytes + more <= BYTES_PER_CLIENT);
        if (!fits || !mayHave) {
            return false;
        }
        if (share == null) {
            share = new Share();
            shares.put(bundle.client(), share);
        }
        share.bundles.add(bundle);
        share.bytes += more;
        size++;
        bytes += more;
        return true;
    }

    /**
     * The next one, whose client goes to the end of the line.
     *
     * @throws java.util.NoSuchElementException if there is none
     */
    RequestBundle remove() {
        Map.Entry<ClientId, Share> first = shares.entrySet().iterator().next();
        ClientId client = first.getKey();
        Share share = first.getValue();
        shares.remove(client);
        RequestBundle bundle = share.bundles.remove();
        long fewer = bundle.footprint();
        share.bytes -= fewer;
        size--;
        bytes -= fewer;
        if (!share.bundles.isEmpty()) {
            shares.put(client, share);
        }
        return bundle;
    }

    boolean isEmpty() {
        return size == 0;
    }

    int size() {
        return size;
    }

    void clear() {
        shares.clear();
        size = 0;
        bytes = 0;
    }
}
