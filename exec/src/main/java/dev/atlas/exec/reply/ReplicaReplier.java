package dev.atlas.exec.reply;

import dev.atlas.core.message.Reply;
import dev.atlas.core.node.ReplyNode;
import dev.atlas.net.identity.ClientId;
import java.util.List;
import java.util.Map;

/** A replica answers both kinds of requests. */
public record ReplicaReplier(long epoch, ReplyNode node) implements Replier {

    @Override
    public void ordered(long view, Map<ClientId, List<Reply>> replies) {
        replies.forEach((client, answers) ->
                Replier.messages(epoch, view, answers).forEach(message -> node.send(client, message)));
    }

    @Override
    public void unordered(long view, Map<ClientId, List<Reply>> replies) {
        ordered(view, replies);
    }

    @Override
    public long waiting(ClientId client) {
        return node.waiting(client);
    }
}
