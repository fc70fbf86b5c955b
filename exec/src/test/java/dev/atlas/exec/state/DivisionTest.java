package dev.atlas.exec.state;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.DivisibleState.PartDescriptor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class DivisionTest {

    private static final int ENTRIES = 1000;

    @Test
    void aBranchThatIsCopiedWhileItIsDividedKnowsWhatItsCopyWasToldWithoutItsDigests() {
        Branch divided = (Branch) filled(new Edit(), -1);
        // As far as another thread has come.
        PartDescriptor first = divide(filled(new Edit(), -1)).getFirst();
        divided.describe(0, first);
        int elsewhere = 0;
        while (path(elsewhere).digit(0) == 0) {
            elsewhere++;
        }
        Node copy = put(divided, new Edit(), elsewhere, "changed");
        Node expected = filled(new Edit(), elsewhere);
        assertThat(divide(copy)).isEqualTo(divide(expected)).startsWith(first);
        assertThat(copy.digest()).isEqualTo(expected.digest());
    }

    @Test
    void partsThatHaveNotChangedAreNotDescribedAgain() {
        Node node = filled(new Edit(), -1);
        List<PartDescriptor> before = divide(node);
        List<PartDescriptor> after = divide(put(node, new Edit(), 7, "changed"));
        assertThat(after).hasSameSizeAs(before).hasSizeGreaterThan(10);
        int described = 0;
        for (int part = 0; part < after.size(); part++) {
            PartDescriptor known = before.get(part);
            if (after.stream().noneMatch(each -> each == known)) {
                described++;
                assertThat(after.get(part)).isNotEqualTo(known);
            }
        }
        assertThat(described).isEqualTo(1);
    }

    private static List<PartDescriptor> divide(Node node) {
        List<PartDescriptor> parts = new ArrayList<>();
        new Division("a", parts).add(node);
        return parts;
    }

    private static Node filled(Edit edit, int changed) {
        Node node = put(null, edit, 0, changed == 0 ? "changed" : "value");
        for (int entry = 1; entry < ENTRIES; entry++) {
            node = put(node, edit, entry, entry == changed ? "changed" : "value");
        }
        return node;
    }

    private static Node put(@Nullable Node node, Edit edit, int number, String value) {
        ByteString padded = ByteString.copyFromUtf8(value).concat(ByteString.copyFrom(new byte[1000]));
        return Node.putInto(node, edit, path(number), 0, key(number), Entries.of(key(number), padded));
    }

    private static ByteString key(int number) {
        return ByteString.copyFromUtf8("key " + number);
    }

    private static Path path(int number) {
        return Path.of(key(number));
    }
}
