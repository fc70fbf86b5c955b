package dev.atlas.net.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class PublicKeyTest {

    @Test
    void sizeIsBounded() {
        assertThatIllegalArgumentException().isThrownBy(() -> new PublicKey(new byte[0]));
        assertThatIllegalArgumentException().isThrownBy(() -> new PublicKey(new byte[PublicKey.MAX_BYTES + 1]));
        assertThat(new PublicKey(new byte[PublicKey.MAX_BYTES]).encoded()).hasSize(PublicKey.MAX_BYTES);
    }

    @Test
    void isAnImmutableValue() {
        byte[] bytes = {1, 2, 3};
        PublicKey key = new PublicKey(bytes);
        bytes[0] = 9;
        key.encoded()[1] = 9;
        assertThat(key).isEqualTo(new PublicKey(new byte[] {1, 2, 3})).hasToString("010203");
        assertThat(key).hasSameHashCodeAs(new PublicKey(new byte[] {1, 2, 3}));
        assertThat(key).isNotEqualTo(new PublicKey(new byte[] {1, 2, 3, 0}));
    }

    @Test
    void isReadAsItIsWritten() {
        PublicKey key = new PublicKey(new byte[] {-1, 0, 77});
        assertThat(PublicKey.parse(key.toString())).isEqualTo(key);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PublicKey.parse("ff0"))
                .withMessageContaining("ff0");
        assertThatIllegalArgumentException().isThrownBy(() -> PublicKey.parse(""));
    }
}
