package dev.atlas.replica.storage.journal;

/**
 * What is remembered of a journal outside of it; while there is one, so are the files.
 *
 * @param secret marks the records of this journal; random, so that no bytes which a client got into a record can pass for one
 * @param flushed epochs up to this are of no use any more: their content is elsewhere
 * @param checksum of the last record of that epoch
 */
public record Root(long secret, long flushed, int checksum) {

    /** Of a journal without records yet. */
    public static Root of(long secret) {
        return new Root(secret, 0, 0);
    }
}
