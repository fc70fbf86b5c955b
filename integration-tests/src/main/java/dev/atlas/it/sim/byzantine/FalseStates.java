package dev.atlas.it.sim.byzantine;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.atlas.core.application.DivisibleState.PartDescriptor;
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

    /** Parts of the application in the state that was described last. */
    private List<PartDescriptor> application = List.of();

    private boolean described;

    FalseStates(Randomness random) {
        this.random = random;
    }

    /** Empty for what this says nothing false about. */
    Optional<TransferMessage> falsify(TransferMessage honest) {
        return switch (honest) {
            case TransferMessage.Described(StateDescriptor descriptor) -> {
                application = descriptor.application();
                described = true;
                yield Optional.of(new TransferMessage.Described(new StateDescriptor(
                        descriptor.sequence(),
                        descriptor.chain(),
                        descriptor.timeMillis(),
                        descriptor.membership(),
                        descriptor.application(),
                        Chunks.describe(NO_SESSIONS))));
            }
            case TransferMessage.Parts parts
            when described
                    && parts.first() + parts.count() > application.size()
                    && parts.first() + parts.count() <= application.size() + NO_SESSIONS.size() ->
                Optional.of(with(parts, withoutSessions(parts)));
            case TransferMessage.Parts parts -> renamed(parts);
            case TransferMessage.StateOffer ignored -> Optional.empty();
            case TransferMessage.Unavailable ignored -> Optional.empty();
            case TransferMessage.Question ignored -> Optional.empty();
        };
    }

    /** Now and then, since whoever finds a part to be false asks its source for nothing more. A state's own parts begin with the length and the name of their column. */
    private Optional<TransferMessage> renamed(TransferMessage.Parts parts) {
        if (parts.bytes().size() <= Integer.BYTES || !random.chance(0.2)) {
            return Optional.empty();
        }
        byte[] renamed = parts.bytes().toByteArray();
        renamed[Integer.BYTES] ^= 1;
        return Optional.of(with(parts, UnsafeByteOperations.unsafeWrap(renamed)));
    }

    /** Parts of the application may go before those of the sessions. */
    private ByteString withoutSessions(TransferMessage.Parts parts) {
        int first = Math.min(parts.first(), application.size());
        long before = application.subList(first, application.size()).stream()
                .mapToLong(PartDescriptor::bytes)
                .sum();
        List<ByteString> sessions = NO_SESSIONS.subList(
                Math.max(0, parts.first() - application.size()), parts.first() + parts.count() - application.size());
        return parts.bytes()
                .substring(0, (int) Math.min(before, parts.bytes().size()))
                .concat(ByteString.copyFrom(sessions));
    }

    private static TransferMessage with(TransferMessage.Parts parts, ByteString bytes) {
        return new TransferMessage.Parts(parts.sequence(), parts.first(), parts.count(), bytes);
    }
}
