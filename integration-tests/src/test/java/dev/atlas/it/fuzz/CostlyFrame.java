package dev.atlas.it.fuzz;

import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/** The largest frames there may be, each of a kind that could cost many times its size. */
record CostlyFrame(String name, byte[] frame) {

    /** As large as the network lets through by default. */
    static final int PROTOCOL_FRAME = 16 << 20;

    static final int TRANSFER_FRAME = 8 << 20;
    static final int CLIENT_FRAME = 2 << 20;

    @Override
    public String toString() {
        return name;
    }

    @FunctionalInterface
    private interface Writing {
        void write(CodedOutputStream output) throws IOException;
    }

    /** Repeats something until a frame is full. */
    private static byte[] full(int bytes, Writing repeated) {
        return full(bytes, repeated, Integer.MAX_VALUE);
    }

    private static byte[] full(int bytes, Writing repeated, int most) {
        try {
            ByteArrayOutputStream target = new ByteArrayOutputStream(bytes);
            CodedOutputStream output = CodedOutputStream.newInstance(target);
            for (int times = 0; times < most && output.getTotalBytesWritten() < bytes - 1024; times++) {
                repeated.write(output);
            }
            output.flush();
            return target.toByteArray();
        } catch (IOException impossible) {
            throw new AssertionError(impossible);
        }
    }

    private static byte[] within(int field, byte[] content) {
        return full(1025, output -> output.writeByteArray(field, content));
    }

    private static byte[] fill(int bytes, int value) {
        byte[] filled = new byte[bytes];
        Arrays.fill(filled, (byte) value);
        return filled;
    }

    static List<CostlyFrame> protocolFrames() {
        int most = PROTOCOL_FRAME - 64;
        byte[] empty = {};
        byte[] emptySlots = full(most, output -> output.writeByteArray(10, empty));
        byte[] entries = full(most, output -> output.writeByteArray(5, empty));
        byte[] references = full(most, output -> output.writeByteArray(3, empty));
        byte[] unknown = full(most, output -> output.writeUInt32(900, 1));
        int[] next = {100};
        byte[] differentUnknown = full(most, output -> output.writeUInt32(next[0]++, 1));
        byte[] groups = full(most, output -> {
            output.writeTag(900, 3);
            output.writeTag(900, 4);
        });
        return List.of(
                new CostlyFrame("STATUS of empty slots", within(8, emptySlots)),
                new CostlyFrame("STATUS of many members", within(8, within(4, fill(most, 1)))),
                new CostlyFrame(
                        "STATUS of slots with many members",
                        within(8, full(most, output -> output.writeByteArray(10, within(4, fill(2048, 1)))))),
                new CostlyFrame("VIEW-CHANGE of empty entries", within(6, within(2, entries))),
                new CostlyFrame("NEW-VIEW of empty references", within(7, within(2, references))),
                new CostlyFrame(
                        "certificate of nothing", within(5, full(most, output -> output.writeByteArray(1, empty)))),
                new CostlyFrame(
                        "certificate of unknown fields",
                        within(
                                5,
                                full(
                                        most,
                                        output -> output.writeByteArray(
                                                1, within(2, full(4000, part -> part.writeUInt32(900, 1))))))),
                new CostlyFrame(
                        "fetch of empty references", within(14, full(most, output -> output.writeByteArray(2, empty)))),
                new CostlyFrame("fetch of many digests", within(10, within(1, fill(most - most % 32 - 32, 7)))),
                new CostlyFrame("empty bodies", within(13, full(most, output -> output.writeByteArray(1, empty)))),
                new CostlyFrame("batch of many bundles", within(11, within(2, fill(most - most % 32 - 32, 7)))),
                new CostlyFrame("batch of unknown fields", within(11, unknown)),
                new CostlyFrame("unknown fields", unknown),
                new CostlyFrame(
                        "STATUS of slots that are numbers", within(8, full(most, output -> output.writeUInt32(10, 1)))),
                new CostlyFrame("different unknown fields", differentUnknown),
                new CostlyFrame("groups", groups),
                new CostlyFrame("groups in a vote", within(2, groups)));
    }

    static List<CostlyFrame> transferFrames() {
        int most = TRANSFER_FRAME - 64;
        byte[] empty = {};
        byte[] part = within(2, new byte[32]);
        return List.of(
                new CostlyFrame(
                        "state of empty parts", within(4, full(most, output -> output.writeByteArray(5, empty)))),
                new CostlyFrame("state of many parts", within(4, full(most, output -> output.writeByteArray(6, part)))),
                new CostlyFrame("offer of nothing", within(2, full(most, output -> output.writeByteArray(1, empty)))),
                new CostlyFrame("a part", within(6, within(3, fill(most, 1)))),
                new CostlyFrame("unknown fields", full(most, output -> output.writeUInt32(900, 1))),
                new CostlyFrame("parts that are numbers", within(4, full(most, output -> output.writeUInt32(5, 1)))));
    }

    static List<CostlyFrame> clientFrames() {
        int most = CLIENT_FRAME - 64;
        byte[] empty = {};
        return List.of(
                new CostlyFrame(
                        "bundle of empty requests", within(1, full(most, output -> output.writeByteArray(3, empty)))),
                new CostlyFrame(
                        "bundle of empty acknowledgements",
                        within(1, full(most, output -> output.writeByteArray(4, empty)))),
                new CostlyFrame(
                        "bundle of unknown fields", within(1, full(most, output -> output.writeUInt32(900, 1)))),
                new CostlyFrame("unknown fields", full(most, output -> output.writeUInt32(900, 1))),
                new CostlyFrame("empty replies", within(2, full(most, output -> output.writeByteArray(3, empty)))));
    }

    /** Messages, all of them, that hold as much as a message may: what a member would send who wants to fill the memory of another. */
    static List<CostlyFrame> heavyMessages() {
        byte[] digests = distinct(65_536);
        byte[] entry = full(1060, output -> output.writeByteArray(2, new byte[32]), 1);
        byte[] members = fill(150, 3);
        byte[] slot = full(
                2000,
                output -> {
                    output.writeByteArray(4, members);
                    output.writeByteArray(5, members);
                },
                1);
        byte[] status = concatenated(
                full(1060, output -> output.writeByteArray(8, new byte[32]), 1),
                full(8 << 20, output -> output.writeByteArray(10, slot), 4096));
        return List.of(
                new CostlyFrame("fetch of many digests", within(10, within(1, digests))),
                new CostlyFrame("claims", within(9, within(3, digests))),
                new CostlyFrame("STATUS of many slots", within(8, status)),
                new CostlyFrame(
                        "VIEW-CHANGE of many entries",
                        within(6, within(2, full(8 << 20, output -> output.writeByteArray(5, entry), 65_536)))),
                new CostlyFrame("batch of many bundles", within(11, within(2, digests))));
    }

    private static byte[] distinct(int digests) {
        ByteBuffer bytes = ByteBuffer.allocate(digests * 32);
        for (int index = 0; index < digests; index++) {
            bytes.putInt(32 * index, index);
        }
        return bytes.array();
    }

    private static byte[] concatenated(byte[] first, byte[] second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }
}
