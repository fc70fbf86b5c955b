package dev.atlas.exec.session;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.atlas.core.message.Reply;
import dev.atlas.core.message.Reply.Outcome;
import dev.atlas.core.message.Request;
import dev.atlas.core.types.SessionId;
import dev.atlas.exec.session.ResultLimits.Full;
import dev.atlas.net.crypto.Digest;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/** What is remembered of a number that is not executed again. */
sealed interface Executed {

    /** Hash of what was, or will be, executed under it. */
    Digest operation();

    /**
     * Judged, but its block has not executed yet.
     *
     * @param execution which one of the block, from 0
     */
    record Waiting(Digest operation, int execution) implements Executed {}

    record Kept(Digest operation, Reply reply) implements Executed {}

    /** Its result found no room. */
    record NotKept(Digest operation, long sequence, Full full) implements Executed {

        Reply reply(SessionId session, long number, ResultLimits limits) {
            return new Reply(
                    Request.Kind.ORDERED,
                    session,
                    number,
                    sequence,
                    Outcome.RESULT_NOT_KEPT,
                    ByteString.copyFromUtf8(limits.explanation(full)));
        }
    }

    /** Bytes of the result that is kept. */
    default int bytes() {
        return switch (this) {
            case Kept kept -> kept.reply().result().size();
            case NotKept ignored -> 0;
            case Waiting ignored -> 0;
        };
    }

    /** How one of these is written. */
    final class Form {

        private static final int EXECUTED = 0;
        private static final int APPLICATION_ERROR = 1;
        private static final int CLIENT_FULL = 2;
        private static final int ALL_FULL = 3;

        private Form() {}

        static void write(DataOutputStream target, Executed executed) throws IOException {
            target.write(executed.operation().toBytes());
            switch (executed) {
                case Kept(Digest ignored, Reply reply) -> {
                    target.writeByte(reply.outcome() == Outcome.EXECUTED ? EXECUTED : APPLICATION_ERROR);
                    target.writeLong(reply.sequence());
                    target.writeInt(reply.result().size());
                    reply.result().writeTo(target);
                }
                case NotKept(Digest ignored, long sequence, Full full) -> {
                    target.writeByte(full == Full.CLIENT ? CLIENT_FULL : ALL_FULL);
                    target.writeLong(sequence);
                }
                case Waiting ignored -> throw new IllegalStateException("written before it has executed");
            }
        }

        static Executed read(DataInputStream source, SessionId session, long number, int largest) throws IOException {
            Digest operation = Digest.of(source.readNBytes(Digest.BYTES));
            int code = source.readByte();
            long sequence = source.readLong();
            return switch (code) {
                case EXECUTED ->
                    kept(operation, session, number, sequence, Outcome.EXECUTED, readResult(source, largest));
                case APPLICATION_ERROR ->
                    kept(operation, session, number, sequence, Outcome.APPLICATION_ERROR, readResult(source, largest));
                case CLIENT_FULL -> new NotKept(operation, sequence, Full.CLIENT);
                case ALL_FULL -> new NotKept(operation, sequence, Full.ALL);
                default -> throw new IOException("an answer of the unknown kind " + code);
            };
        }

        private static Kept kept(
                Digest operation, SessionId session, long number, long sequence, Outcome outcome, ByteString result) {
            return new Kept(operation, new Reply(Request.Kind.ORDERED, session, number, sequence, outcome, result));
        }

        private static ByteString readResult(DataInputStream source, int largest) throws IOException {
            int length = source.readInt();
            if (length < 0 || length > largest) {
                throw new IOException("a result of " + length + " bytes");
            }
            byte[] bytes = source.readNBytes(length);
            if (bytes.length != length) {
                throw new IOException("a truncated answer");
            }
            return UnsafeByteOperations.unsafeWrap(bytes);
        }
    }
}
