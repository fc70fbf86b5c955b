package dev.atlas.replica.transfer;

import dev.atlas.core.statetransfer.PartSchedule;
import dev.atlas.net.connection.NetworkConfig;
import java.time.Duration;

/**
 * How a state is fetched.
 *
 * @param largestPart bytes that a part may have: it has to fit into one frame, with what is said about it
 * @param mostWaiting bytes on their way to a peer beyond which it is not asked: a full queue keeps its sender waiting, and a peer that fetches from this replica and
 *     does not read can keep it full
 * @param together most bytes that small parts have that are asked for as one
 * @param parts how many are asked for at once, small ones that are asked for together counted as one, and for how long they are waited for
 * @param giveUpAfter without a single part that came or was handed over: whoever served the state may have moved on, so that all begins anew with the highest state there is
 */
public record TransferSettings(
        int largestPart, long mostWaiting, long together, PartSchedule.Limits parts, Duration giveUpAfter) {

    /** What surrounds a part in its frame takes less. */
    private static final int AROUND_A_PART = 1024;

    /** A transfer queue has room for so many messages with several parts each. */
    private static final int IN_A_QUEUE = 32;

    public TransferSettings {
        if (largestPart < 1) {
            throw new IllegalArgumentException("transferFrame must be above " + AROUND_A_PART + " bytes");
        }
        if (giveUpAfter.compareTo(parts.patience()) < 0) {
            throw new IllegalArgumentException("giveUpAfter must not be below the patience for one part");
        }
    }

    /** Two MiB on their way from each source keep a gigabit busy over 16 ms; what waits out of order stays below 16 MiB. */
    public static TransferSettings over(NetworkConfig network) {
        int largestPart = network.limits().transferFrame() - AROUND_A_PART;
        return new TransferSettings(
                largestPart,
                network.buffers().transferQueue() / 2,
                Math.min(largestPart, network.buffers().transferQueue() / IN_A_QUEUE),
                new PartSchedule.Limits(256, 16 << 20, 64, 2 << 20, Duration.ofSeconds(2)),
                Duration.ofSeconds(10));
    }
}
