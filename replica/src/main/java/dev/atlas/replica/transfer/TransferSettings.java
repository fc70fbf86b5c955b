package dev.atlas.replica.transfer;

import dev.atlas.core.statetransfer.PartSchedule;
import java.time.Duration;

/**
 * How a state is fetched.
 *
 * @param parts how many parts are asked for at once, and for how long they are waited for
 * @param giveUpAfter without a single new part: whoever served the state may have moved on, so that all begins anew with the highest state there is
 */
public record TransferSettings(PartSchedule.Limits parts, Duration giveUpAfter) {

    public TransferSettings {
        if (giveUpAfter.compareTo(parts.patience()) < 0) {
            throw new IllegalArgumentException("giveUpAfter must not be below the patience for one part");
        }
    }

    /** Two MiB on their way from each source keep a gigabit busy over 16 ms; what waits out of order stays below 16 MiB. */
    public static TransferSettings defaults() {
        return new TransferSettings(
                new PartSchedule.Limits(256, 16 << 20, 64, 2 << 20, Duration.ofSeconds(2)), Duration.ofSeconds(10));
    }
}
