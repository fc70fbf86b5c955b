package dev.atlas.it.sim.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.core.message.OrderingMessage.Prepare;
import dev.atlas.core.message.OrderingMessage.SignedViewChange;
import dev.atlas.core.message.ViewChange;
import dev.atlas.core.wire.ReplicaSigner;
import dev.atlas.it.sim.crypto.KeyedHashScheme;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.identity.ReplicaId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The judge of votes on what one replica says, before and after it has lost its disk. */
class VoteOracleTest {

    private static final ReplicaId REPLICA = new ReplicaId(2);

    private final ReplicaSigner signer =
            new ReplicaSigner(REPLICA, "cluster", new KeyedHashScheme().fromSecret(new byte[] {2}));
    private final List<String> broken = new ArrayList<>();
    private final VoteOracle oracle = new VoteOracle(broken::add);

    @Test
    void aViewIsAskedForOnceInALife() {
        oracle.sent(REPLICA, asking(1));
        oracle.sent(REPLICA, asking(1));
        assertThat(broken).isEmpty();
        oracle.sent(REPLICA, asking(1, 7));
        assertThat(broken).singleElement().asString().contains("contradicts itself: VIEW-CHANGE in view 1");
    }

    @Test
    void whoHasForgottenWhatItAskedForMayAskOtherwiseAndPassOnWhatItSaidThen() {
        oracle.sent(REPLICA, asking(1));
        oracle.forgotten(REPLICA);
        oracle.sent(REPLICA, asking(1, 7));
        oracle.sent(REPLICA, asking(1));
        assertThat(broken).isEmpty();
        oracle.sent(REPLICA, asking(1, 8));
        assertThat(broken).hasSize(1);
    }

    @Test
    void whatItHasForgottenItStillMustNotVoteAgainst() {
        oracle.sent(REPLICA, asking(2));
        oracle.forgotten(REPLICA);
        oracle.sent(REPLICA, new Prepare(0, 1, 1, Digest.ZERO));
        assertThat(broken).singleElement().asString().contains("has asked for view 2");
    }

    private SignedViewChange asking(long view, long... prepared) {
        List<ViewChange.Prepared> entries = new ArrayList<>();
        for (long sequence : prepared) {
            entries.add(new ViewChange.Prepared(sequence, Digest.ZERO, 0));
        }
        return new SignedViewChange(signer.sign(new ViewChange(0, view, 0, Optional.empty(), entries, List.of()))
                .signed());
    }
}
