package dev.atlas.core.execution;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.DivisibleState.PartDescriptor;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.crypto.Hasher;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StateDescriptorTest {

    private static final Digest MEMBERSHIP = new Digest(5, 6, 7, 8);

    @Test
    void theDigestIsThatOfNamesAndDigestsOfAllPartsWhateverTheirLengths() {
        Random random = new Random(1);
        for (int parts = 0; parts < 300; parts++) {
            List<PartDescriptor> application = parts(random, parts);
            List<PartDescriptor> sessions = parts(random, random.nextInt(3));
            StateDescriptor descriptor = new StateDescriptor(1, Digest.ZERO, 9, MEMBERSHIP, application, sessions);
            assertThat(descriptor.digest())
                    .isEqualTo(new Hasher()
                            .update(root(application))
                            .update(root(sessions))
                            .update(MEMBERSHIP)
                            .update(9)
                            .digest());
        }
    }

    private static List<PartDescriptor> parts(Random random, int number) {
        List<PartDescriptor> parts = new ArrayList<>();
        for (int part = 0; part < number; part++) {
            byte[] id = new byte[random.nextInt(8) == 0 ? random.nextInt(9000) : random.nextInt(40)];
            random.nextBytes(id);
            Digest digest = new Digest(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong());
            parts.add(new PartDescriptor(ByteString.copyFrom(id), digest, random.nextLong()));
        }
        return parts;
    }

    private static Digest root(List<PartDescriptor> parts) {
        Hasher hasher = new Hasher().update(parts.size());
        for (PartDescriptor part : parts) {
            hasher.update(part.id().size()).update(part.id().toByteArray());
            hasher.update(part.digest()).update(part.bytes());
        }
        return hasher.digest();
    }
}
