package dev.atlas.net.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.net.crypto.PublicKey;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ClientIdTest {

    private static PublicKey key(String text) {
        return new PublicKey(text.getBytes(StandardCharsets.US_ASCII));
    }

    @Test
    void isTheHashOfTheKey() {
        ClientId id = ClientId.of(key("abc"));
        assertThat(id.keyHash()).hasToString("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assertThat(id).isEqualTo(ClientId.of(key("abc"))).isNotEqualTo(ClientId.of(key("abd")));
        assertThat(id).hasToString("client-ba7816bf8f01cfea");
    }

    @Test
    void isOrderedByTheHash() {
        ClientId one = ClientId.of(key("abc"));
        ClientId other = ClientId.of(key("x"));
        assertThat(Integer.signum(one.compareTo(other)))
                .isEqualTo(Integer.signum(one.keyHash().compareTo(other.keyHash())))
                .isEqualTo(-Integer.signum(other.compareTo(one)));
    }
}
