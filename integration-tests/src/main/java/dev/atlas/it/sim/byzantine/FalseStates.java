package dev.atlas.it.sim.byzantine;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.atlas.core.execution.StateDescriptor;
import dev.atlas.core.statetransfer.TransferMessage;
import dev.atlas.exec.executor.Chunks;
import dev.atlas.exec.session.SessionLimits;
import dev.atlas.exec.session.SessionTable;
import dev.atlas.it.sim.scheduler.Randomness;
import java.io.DataOutputStream;
import java.util.List;
import java.util.Optional;

/**
 * The state of whoever serves it, but with all sessions forgotten: its parts fit its descriptor, only the certificate is another state's. Whoever believes it
 * executes again what was executed. Or with the certified entries under another name.
 */
final class FalseStates {

    private static final List<ByteString> NO_SESSIONS =
            Chunks.write(target -> new SessionTable(SessionLimits.defaults()).writeTo(new DataOutputStream(target)));

    private final Randomness random;

    /** Index of the first part that is of sessions, in the state that was described last. */
    private int firstOfSessions = Integer.MAX_VALUE;

    FalseStates(Randomness random) {
        this.random = random;
    }

    /** Empty for what this says nothing false about. */
    Optional<TransferMessage> falsify(TransferMessage honest) {
        return switch (honest) {
            case TransferMessage.Described(StateDescriptor descriptor) -> {
                firstOfSessions = descriptor.application().size();
                yield Optional.of(new TransferMessage.Described(new StateDescriptor(
                        descriptor.sequence(),
                        descriptor.chain(),
                        descriptor.timeMillis(),
                        descriptor.membership(),
                        descriptor.application(),
                        Chunks.describe(NO_SESSIONS))));
            }
            case TransferMessage.Part part
            when part.index() >= firstOfSessions && part.index() < firstOfSessions + NO_SESSIONS.size() ->
                Optional.of(new TransferMessage.Part(
                        part.sequence(), part.index(), NO_SESSIONS.get(part.index() - firstOfSessions)));
            case TransferMessage.Part part -> renamed(part);
            case TransferMessage.StateOffer ignored -> Optional.empty();
            case TransferMessage.Unavailable ignored -> Optional.empty();
            case TransferMessage.Question ignored -> Optional.empty();
        };
    }

    /** Now and then, since whoever finds a part to be false asks its source for nothing more. A state's own parts begin with the length and the name of their column. */
    private Optional<TransferMessage> renamed(TransferMessage.Part part) {
        if (part.bytes().size() <= Integer.BYTES || !random.chance(0.2)) {
            return Optional.empty();
        }
        byte[] renamed = part.bytes().toByteArray();
        renamed[Integer.BYTES] ^= 1;
        return Optional.of(
                new TransferMessage.Part(part.sequence(), part.index(), UnsafeByteOperations.unsafeWrap(renamed)));
    }
}
