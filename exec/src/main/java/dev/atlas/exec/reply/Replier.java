package dev.atlas.exec.reply;

import dev.atlas.core.message.ApplicationMessage;
import dev.atlas.core.message.Reply;
import dev.atlas.net.identity.ClientId;
import java.util.List;
import java.util.Map;

/** Sends an executor's answers, one message for each client. Never blocks. */
public interface Replier {

    void ordered(long view, Map<ClientId, List<Reply>> replies);

    void unordered(long view, Map<ClientId, List<Reply>> replies);

    /** The application message for a client's answers. */
    static ApplicationMessage message(long epoch, long view, List<Reply> replies) {
        return new ApplicationMessage.ReplyBundle(epoch, view, replies);
    }
}
