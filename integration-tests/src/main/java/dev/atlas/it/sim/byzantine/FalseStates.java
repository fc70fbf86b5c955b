package dev.atlas.it.sim.byzantine;

import com.google.protobuf.ByteString;
import dev.atlas.core.execution.StateDescriptor;
import dev.atlas.core.statetransfer.TransferMessage;
import dev.atlas.exec.executor.Chunks;
import dev.atlas.exec.session.SessionLimits;
import dev.atlas.exec.session.SessionTable;
import java.io.DataOutputStream;
import java.util.List;
import java.util.Optional;

/**
 * The state of whoever serves it, but with all sessions forgotten: its parts fit its descriptor, only the certificate is another state's. Whoever believes it
 * executes again what was executed.
 */
final class FalseStates {

    private static final List<ByteString> NO_SESSIONS =
            Chunks.write(target -> new SessionTable(SessionLimits.defaults()).writeTo(new DataOutputStream(target)));

    /** Index of the first part that is of sessions, in the state that was described last. */
    private int firstOfSessions = Integer.MAX_VALUE;

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
            case TransferMessage.Part ignored -> Optional.empty();
            case TransferMessage.StateOffer ignored -> Optional.empty();
            case TransferMessage.Unavailable ignored -> Optional.empty();
            case TransferMessage.Question ignored -> Optional.empty();
        };
    }
}
