package dev.atlas.net.connection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.net.connection.Admission.Decision;
import dev.atlas.net.handshake.RejectionReason;
import dev.atlas.net.identity.ReplicaId;
import org.junit.jupiter.api.Test;

class AdmissionTest {

    private final Admission admission =
            new Admission(new NetworkConfig.Limits(1024, 1024, 1024, 4, 2, 10, 10, 1024), "listed"::equals);

    private Decision.Entered entered(String host) {
        assertThat(admission.enter(host)).as(host).isInstanceOf(Decision.Entered.class);
        return new Decision.Entered(new Admission.Entry(host, false));
    }

    @Test
    void strangersOfManyAddressesDoNotKeepAMemberOut() {
        for (int stranger = 0; stranger < 4; stranger++) {
            entered("stranger-" + stranger);
        }
        assertThat(admission.enter("stranger-4"))
                .isEqualTo(new Decision.Refused(RejectionReason.TOO_MANY_UNAUTHENTICATED));
        entered("listed");
        assertThat(admission.enter("named-only")).isInstanceOf(Decision.Refused.class);
        admission.authenticated(new ReplicaId(1), "named-only");
        entered("named-only");
        admission.authenticated(new ReplicaId(1), "moved");
        assertThat(admission.enter("named-only")).isInstanceOf(Decision.Refused.class);
    }

    @Test
    void aMembersAddressHasItsOwnLimitStill() {
        entered("listed");
        entered("listed");
        assertThat(admission.enter("listed"))
                .isEqualTo(new Decision.Refused(RejectionReason.TOO_MANY_UNAUTHENTICATED_FROM_HOST));
    }

    @Test
    void whoeverLeavesMakesRoom() {
        assertThat(admission.enter("a")).isInstanceOfSatisfying(Decision.Entered.class, first -> {
            for (String other : new String[] {"b", "c", "d"}) {
                entered(other);
            }
            assertThat(admission.total()).isEqualTo(4);
            assertThat(admission.enter("e")).isInstanceOf(Decision.Refused.class);
            // What it was when it came counts, not what its address has become.
            admission.authenticated(new ReplicaId(1), "a");
            admission.leave(first.entry());
            entered("e");
        });
    }

    @Test
    void ipv6AddressesOfOneSubscriberCountAsOne() {
        assertThat(admission.enter("2001:db8:1:2:0:0:0:1")).isInstanceOf(Decision.Entered.class);
        Decision second = admission.enter("2001:db8:1:2:ffff:0:0:2");
        assertThat(second).isInstanceOf(Decision.Entered.class);
        assertThat(admission.enter("2001:db8:1:2:0:0:0:3"))
                .isEqualTo(new Decision.Refused(RejectionReason.TOO_MANY_UNAUTHENTICATED_FROM_HOST));
        assertThat(admission.enter("2001:db8:1:3:0:0:0:3")).isInstanceOf(Decision.Entered.class);
        admission.leave(((Decision.Entered) second).entry());
        assertThat(admission.enter("2001:db8:1:2:0:0:0:3")).isInstanceOf(Decision.Entered.class);
    }

    @Test
    void aMembersNeighboursDoNotTakeItsPlaces() {
        String member = "2001:db8:1:2:0:0:0:1";
        admission.authenticated(new ReplicaId(1), member);
        entered("2001:db8:1:2:0:0:0:2");
        entered("2001:db8:1:2:0:0:0:3");
        assertThat(admission.enter("2001:db8:1:2:0:0:0:4")).isInstanceOf(Decision.Refused.class);
        assertThat(admission.enter(member)).isInstanceOfSatisfying(Decision.Entered.class, first -> {
            assertThat(admission.enter(member)).isInstanceOf(Decision.Entered.class);
            assertThat(admission.enter(member)).isInstanceOf(Decision.Refused.class);
            admission.leave(first.entry());
            assertThat(admission.enter(member)).isInstanceOf(Decision.Entered.class);
        });
    }

    @Test
    void otherAddressesCountEachByItself() {
        assertThat(AddressBlock.canonical("2001:db8::1")).isEqualTo("2001:db8:0:0:0:0:0:1");
        assertThat(AddressBlock.canonical("some:label")).isEqualTo("some:label");
        assertThat(AddressBlock.canonical("192.0.2.1")).isEqualTo("192.0.2.1");
        assertThat(AddressBlock.of("192.0.2.1")).isEqualTo("192.0.2.1");
        assertThat(AddressBlock.of("somewhere")).isEqualTo("somewhere");
        assertThat(AddressBlock.of("fe80:0:0:0:1:2:3:4%eth0")).isEqualTo("fe80:0:0:0::/64");
    }
}
