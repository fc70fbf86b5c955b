package dev.atlas.replica.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.core.message.RequestBundle;
import java.util.List;
import org.junit.jupiter.api.Test;

class RetainedDecisionsTest {

    private static final List<RequestBundle> NONE = List.of();

    private final RetainedDecisions retained = new RetainedDecisions(100);

    @Test
    void whatARunBeforeHasLeftIsForgottenOnce() {
        retained.stable(10);
        assertThat(retained.forget(1)).hasValue(10);
        assertThat(retained.forget(1)).isEmpty();
    }

    @Test
    void whatIsNotStableIsNotForgotten() {
        retained.stable(10);
        retained.forget(1);
        retained.decided(11, NONE);
        assertThat(retained.forget(1)).isEmpty();
        retained.stable(20);
        assertThat(retained.forget(1)).hasValue(20);
    }

    @Test
    void whoIsBehindForgetsWhatItDecidesUnderAStableCheckpointToo() {
        retained.stable(10);
        retained.forget(1);
        retained.decided(5, NONE);
        assertThat(retained.forget(1)).hasValue(10);
        assertThat(retained.forget(1)).isEmpty();
    }
}
