package dev.atlas.replica.transfer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.core.statetransfer.Span;
import dev.atlas.net.connection.NetworkConfig;
import org.junit.jupiter.api.Test;

class TransferSettingsTest {

    @Test
    void byDefaultAsMuchGoesTogetherAsMayGo() {
        assertThat(TransferSettings.over(NetworkConfig.DEFAULT).together()).isEqualTo(Span.MOST_BYTES);
    }

    @Test
    void whatGoesTogetherFitsAFrame() {
        NetworkConfig small =
                NetworkConfig.DEFAULT.withLimits(NetworkConfig.Limits.DEFAULT.withTransferFrame(64 << 10));
        TransferSettings settings = TransferSettings.over(small);
        assertThat(settings.together()).isEqualTo(settings.largestPart()).isLessThan(64 << 10);
    }
}
