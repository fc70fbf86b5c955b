package dev.atlas.exec.reply;

import dev.atlas.core.message.Reply;
import dev.atlas.core.node.ReplyNode;
import dev.atlas.net.identity.ClientId;
import java.util.List;
import java.util.Map;

/** A follower's word counts for no ordered result, so it answers unordered requests only. */
public record FollowerReplier(long epoch, ReplyNode node) implements Replier {

    @Override
    public void ordered(long view, Map<ClientId, List<Reply>> replies) {
        // The members answer.
    }

    @Override
    public void unordered(long view, Map<ClientId, List<Reply>> replies) {
        replies.forEach((client, answers) ->
                Replier.messages(epoch, view, answers).forEach(message -> node.send(client, message)));
    }

    @Override
    public long waiting(ClientId client) {
        return node.waiting(client);
    }
}
