package dev.atlas.exec.reply;

import dev.atlas.core.message.ApplicationMessage;
import dev.atlas.core.message.Reply;
import dev.atlas.net.identity.ClientId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Sends an executor's answers, in as few messages for each client as may be. Never blocks. */
public interface Replier {

    /** Where a message of answers ends: it may be longer by one answer, which a frame to a client carries whatever its size. */
    int MESSAGE_BYTES = 256 * 1024;

    /** Of an answer beside its result, at most. */
    int OVERHEAD_BYTES = 64;

    void ordered(long view, Map<ClientId, List<Reply>> replies);

    void unordered(long view, Map<ClientId, List<Reply>> replies);

    /** The application messages for a client's answers, in their order. One message for all could be larger than a frame, and would never arrive. */
    static List<ApplicationMessage> messages(long epoch, long view, List<Reply> replies) {
        List<ApplicationMessage> messages = new ArrayList<>();
        int from = 0;
        long bytes = 0;
        for (int index = 0; index < replies.size(); index++) {
            bytes += OVERHEAD_BYTES + replies.get(index).result().size();
            if (bytes >= MESSAGE_BYTES || index == replies.size() - 1) {
                messages.add(
                        new ApplicationMessage.ReplyBundle(epoch, view, List.copyOf(replies.subList(from, index + 1))));
                from = index + 1;
                bytes = 0;
            }
        }
        return messages;
    }
}
