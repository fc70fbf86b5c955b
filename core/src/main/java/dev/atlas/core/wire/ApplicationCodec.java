package dev.atlas.core.wire;

import dev.atlas.core.message.ApplicationMessage;
import dev.atlas.core.message.Reply;
import dev.atlas.core.message.Request;
import dev.atlas.protos.messages.ApplicationEnvelope;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Messages of the application module. */
public final class ApplicationCodec {

    /** An outcome's code is its place here; append only. */
    private static final List<Reply.Outcome> OUTCOMES = List.of(
            Reply.Outcome.EXECUTED,
            Reply.Outcome.APPLICATION_ERROR,
            Reply.Outcome.SESSION_OPENED,
            Reply.Outcome.CONFLICT,
            Reply.Outcome.DEAD,
            Reply.Outcome.EXPIRED,
            Reply.Outcome.STALE_OPENING,
            Reply.Outcome.RESULT_NOT_KEPT);

    /** Likewise. */
    private static final List<ApplicationMessage.Busy.Reason> REASONS = List.of(
            ApplicationMessage.Busy.Reason.QUOTA_EXCEEDED,
            ApplicationMessage.Busy.Reason.REPLICA_OVERLOADED,
            ApplicationMessage.Busy.Reason.NOT_SERVING);

    private ApplicationCodec() {}

    public static ByteBuffer encode(ApplicationMessage message) {
        ApplicationEnvelope.Builder envelope = ApplicationEnvelope.newBuilder();
        switch (message) {
            case ApplicationMessage.Bundle bundle -> envelope.setBundle(bundle.envelope());
            case ApplicationMessage.ReplyBundle replies -> envelope.setReplyBundle(encode(replies));
            case ApplicationMessage.Busy busy ->
                envelope.setBusy(dev.atlas.protos.messages.Busy.newBuilder()
                        .setReason(REASONS.indexOf(busy.reason()))
                        .setRetryAfterMillis(busy.retryAfterMillis()));
        }
        return ByteBuffer.wrap(envelope.build().toByteArray());
    }

    public static Decoded<ApplicationMessage> decode(ByteBuffer bytes) {
        return Decoded.attempt(() -> {
            Elements.limit(bytes, ApplicationEnvelope.getDescriptor(), Elements.APPLICATION);
            return convert(ApplicationEnvelope.parseFrom(Fields.input(bytes)));
        });
    }

    private static ApplicationMessage convert(ApplicationEnvelope envelope) throws MalformedException {
        return switch (envelope.getMessageCase()) {
            case BUNDLE -> new ApplicationMessage.Bundle(envelope.getBundle());
            case REPLY_BUNDLE -> replies(envelope.getReplyBundle());
            case BUSY -> {
                int reason = envelope.getBusy().getReason();
                MalformedException.require(reason >= 0 && reason < REASONS.size(), "an unknown reason");
                yield new ApplicationMessage.Busy(
                        REASONS.get(reason), Fields.number(envelope.getBusy().getRetryAfterMillis()));
            }
            case MESSAGE_NOT_SET -> throw new MalformedException("an unknown or empty message");
        };
    }

    private static dev.atlas.protos.messages.ReplyBundle encode(ApplicationMessage.ReplyBundle replies) {
        var builder = dev.atlas.protos.messages.ReplyBundle.newBuilder()
                .setEpoch(replies.epoch())
                .setView(replies.view());
        for (Reply reply : replies.replies()) {
            builder.addReplies(dev.atlas.protos.messages.Reply.newBuilder()
                    .setKind(kind(reply.kind()))
                    .setSession(Fields.session(reply.session()))
                    .setNumber(reply.number())
                    .setSequence(reply.sequence())
                    .setOutcome(OUTCOMES.indexOf(reply.outcome()))
                    .setResult(reply.result()));
        }
        return builder.build();
    }

    private static ApplicationMessage.ReplyBundle replies(dev.atlas.protos.messages.ReplyBundle bundle)
            throws MalformedException {
        List<Reply> replies = new ArrayList<>(bundle.getRepliesCount());
        for (dev.atlas.protos.messages.Reply reply : bundle.getRepliesList()) {
            int outcome = reply.getOutcome();
            MalformedException.require(outcome >= 0 && outcome < OUTCOMES.size(), "an unknown outcome");
            replies.add(new Reply(
                    kind(reply.getKind()),
                    Fields.session(reply.getSession()),
                    Fields.number(reply.getNumber()),
                    Fields.number(reply.getSequence()),
                    OUTCOMES.get(outcome),
                    reply.getResult()));
        }
        return new ApplicationMessage.ReplyBundle(
                Fields.number(bundle.getEpoch()), Fields.number(bundle.getView()), replies);
    }

    static dev.atlas.protos.messages.Request.Kind kind(Request.Kind kind) {
        return switch (kind) {
            case OPEN_SESSION -> dev.atlas.protos.messages.Request.Kind.OPEN_SESSION;
            case ORDERED -> dev.atlas.protos.messages.Request.Kind.ORDERED;
            case UNORDERED -> dev.atlas.protos.messages.Request.Kind.UNORDERED;
        };
    }

    static Request.Kind kind(dev.atlas.protos.messages.Request.Kind kind) throws MalformedException {
        return switch (kind) {
            case OPEN_SESSION -> Request.Kind.OPEN_SESSION;
            case ORDERED -> Request.Kind.ORDERED;
            case UNORDERED -> Request.Kind.UNORDERED;
            case UNRECOGNIZED -> throw new MalformedException("an unknown kind of request");
        };
    }
}
