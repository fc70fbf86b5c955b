package dev.atlas.core.wire;

/** Bad input, inside this package only; has no stack trace, since its thrower is whoever sent the bytes. */
final class MalformedException extends Exception {

    private static final long serialVersionUID = 1L;

    MalformedException(String reason) {
        super(reason, null, false, false);
    }

    String reason() {
        return String.valueOf(getMessage());
    }

    /**
     * @param reason a constant: it is named for every field that is good, too, and putting one together would cost more than the check
     */
    static void require(boolean holds, String reason) throws MalformedException {
        if (!holds) {
            throw new MalformedException(reason);
        }
    }
}
