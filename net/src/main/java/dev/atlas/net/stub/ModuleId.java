package dev.atlas.net.stub;

/** The module that a frame belongs to: its byte on the wire, and the key to its limits and queues. */
public enum ModuleId {
    /** Membership changes. */
    RECONFIGURATION(1),
    /** Ordering, view changes, status, fetching, transfer of the decision log. */
    PROTOCOL(2),
    /** Transfer of states. */
    STATE_TRANSFER(3),
    /** Requests and replies. */
    APPLICATION(4);

    /** One more than the highest code: the length of an array that is indexed by code. */
    public static final int CODES = 5;

    private final byte code;

    ModuleId(int code) {
        this.code = (byte) code;
    }

    public byte code() {
        return code;
    }
}
