package dev.atlas.core.preprocessing;

import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.wire.BundleVerifier;
import dev.atlas.net.env.Environment;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** Checks signatures of many bundles on the compute pool, a chunk for each of its threads. */
final class SignatureChecks {

    private static final int SMALLEST_CHUNK = 4;

    private final Environment environment;
    private final BundleVerifier verifier;

    SignatureChecks(Environment environment, BundleVerifier verifier) {
        this.environment = environment;
        this.verifier = verifier;
    }

    /** Blocks until all are checked; one answer for each bundle, in order. */
    boolean[] check(List<RequestBundle> bundles) throws InterruptedException {
        boolean[] valid = new boolean[bundles.size()];
        int chunk = Math.max(
                SMALLEST_CHUNK,
                (bundles.size() + environment.computeParallelism() - 1) / environment.computeParallelism());
        int chunks = (bundles.size() + chunk - 1) / chunk;
        CountDownLatch done = new CountDownLatch(chunks);
        for (int from = 0; from < bundles.size(); from += chunk) {
            int first = from;
            int end = Math.min(bundles.size(), from + chunk);
            environment.computePool().execute(() -> {
                try {
                    for (int index = first; index < end; index++) {
                        valid[index] = verifier.verify(bundles.get(index));
                    }
                } finally {
                    done.countDown();
                }
            });
        }
        done.await();
        return valid;
    }
}
