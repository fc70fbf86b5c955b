package dev.atlas.net.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.atlas.net.crypto.PublicKey;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class StaticNetworkInformationTest {

    private static NodeInfo node(int id, int key) {
        return new NodeInfo(
                new ReplicaId(id),
                NodeKind.REPLICA,
                new PublicKey(new byte[] {(byte) key}),
                List.of(new NodeAddress("localhost", 4000 + id)));
    }

    @Test
    void knowsItsNodesInAscendingOrder() {
        StaticNetworkInformation information =
                new StaticNetworkInformation(List.of(node(7, 1), node(0, 2), node(3, 3)));
        assertThat(information.nodes()).containsExactly(node(0, 2), node(3, 3), node(7, 1));
        assertThat(information.node(new ReplicaId(3))).contains(node(3, 3));
        assertThat(information.node(new ReplicaId(1))).isEmpty();
    }

    @Test
    void doesNotChange() {
        List<NodeInfo> given = new ArrayList<>(List.of(node(0, 1)));
        StaticNetworkInformation information = new StaticNetworkInformation(given);
        given.add(node(1, 2));
        assertThat(information.nodes()).hasSize(1);
        assertThatExceptionOfType(UnsupportedOperationException.class)
                .isThrownBy(() -> information.nodes().add(node(2, 3)));
    }

    @Test
    void refusesAnIdTwice() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new StaticNetworkInformation(List.of(node(4, 1), node(4, 2))))
                .withMessageContaining("replica-4");
    }

    @Test
    void refusesAKeyTwice() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new StaticNetworkInformation(List.of(node(0, 1), node(1, 1))))
                .withMessageContaining("key");
    }

    @Test
    void clientsAreNotRegistered() {
        PublicKey key = new PublicKey(new byte[] {1});
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new NodeInfo(new ReplicaId(0), NodeKind.CLIENT, key, List.of()));
    }

    @Test
    void portsAndIdsHaveBounds() {
        assertThatIllegalArgumentException().isThrownBy(() -> new NodeAddress("localhost", -1));
        assertThatIllegalArgumentException().isThrownBy(() -> new NodeAddress("localhost", 65_536));
        assertThatIllegalArgumentException().isThrownBy(() -> new NodeAddress(" ", 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new ReplicaId(-1));
        assertThat(new NodeAddress("localhost", 65_535)).hasToString("localhost:65535");
    }
}
