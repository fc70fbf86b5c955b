package dev.atlas.exec.reply;

import dev.atlas.core.message.ApplicationMessage;
import dev.atlas.core.message.Reply;
import dev.atlas.net.identity.ClientId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Sends an executor's answers, in as few messages for each client as may be. Never blocks. */
public interface Replier {

    /** A message of answers is no longer, unless it is a single answer: a frame to a client has to carry either. */
    int MESSAGE_BYTES = 256 * 1024;

    /** Of an answer beside its result, at most. */
    long OVERHEAD_BYTES = 64;

    void ordered(long view, Map<ClientId, List<Reply>> replies);

    void unordered(long view, Map<ClientId, List<Reply>> replies);

    /** Bytes of answers that have not left for the client yet. */
    long waiting(ClientId client);

    /** The application messages for a client's answers, in their order. One message for all could be larger than a frame, and would never arrive. */
    static List<ApplicationMessage> messages(long epoch, long view, List<Reply> replies) {
        List<ApplicationMessage> messages = new ArrayList<>();
        int from = 0;
        long bytes = 0;
        for (int index = 0; index < replies.size(); index++) {
            long more = OVERHEAD_BYTES + replies.get(index).result().size();
            if (bytes + more > MESSAGE_BYTES && index > from) {
                messages.add(new ApplicationMessage.ReplyBundle(epoch, view, replies.subList(from, index)));
                from = index;
                bytes = 0;
            }
            bytes += more;
        }
        if (from < replies.size()) {
            messages.add(new ApplicationMessage.ReplyBundle(epoch, view, replies.subList(from, replies.size())));
        }
        return messages;
    }
}
