package dev.atlas.replica.storage;

import dev.atlas.core.execution.DecidedBatch;
import dev.atlas.core.message.Batch;
import dev.atlas.core.message.OrderingMessage;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.ordering.LogRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;

/** Turns records into changes, and prunes what they make superfluous. Owned by the storage thread. */
final class RecordWriter {

    private final Contents contents;
    private long stable;

    RecordWriter(Contents contents, long stable) {
        this.contents = contents;
        this.stable = stable;
    }

    void prePrepared(LogRecord.PrePrepared pre, List<RequestBundle> bodies, Changes changes) {
        batch(pre.sequence(), pre.batch(), bodies, changes);
        contents.at(pre.sequence()).prePrepared.add(pre.batch().digest());
        byte[] key = Key.PRE_PREPARED.at(pre.sequence(), pre.batch().digest());
        changes.put(key, Formats.number(key, pre.view()));
    }

    void prepared(LogRecord.Prepared prepared, Changes changes) {
        contents.at(prepared.sequence()).prepared = true;
        byte[] key = Key.PREPARED.at(prepared.sequence());
        changes.put(key, Formats.prepared(key, prepared));
    }

    void viewChanging(LogRecord.ViewChanging viewChanging, Changes changes) {
        byte[] key = Key.VIEW_CHANGE.only();
        OrderingMessage message = new OrderingMessage.SignedViewChange(viewChanging.viewChange());
        changes.put(key, Formats.messages(key, List.of(message)));
    }

    void viewEntered(LogRecord.ViewEntered entered, Changes changes) {
        List<OrderingMessage> messages = new ArrayList<>();
        messages.add(new OrderingMessage.SignedNewView(entered.newView()));
        entered.viewChanges().forEach(each -> messages.add(new OrderingMessage.SignedViewChange(each)));
        byte[] key = Key.NEW_VIEW.only();
        changes.put(key, Formats.messages(key, messages));
    }

    void decided(DecidedBatch decided, Changes changes) {
        batch(decided.sequence(), decided.batch(), decided.bundles(), changes);
        Contents.SlotRecords slot = contents.at(decided.sequence());
        slot.decided = decided.batch().digest();
        byte[] key = Key.DECIDED.at(decided.sequence());
        changes.put(
                key,
                Formats.decided(
                        key, new Formats.Decided(decided.view(), decided.batch().digest(), decided.chain())));
    }

    /**
     * @param stored where the stored state stands: decisions after it are executed again after a restart
     * @param retained decisions below the checkpoint that are kept for others
     */
    void stable(LogRecord.Stable checkpoint, long stored, long retained, Changes changes) {
        byte[] key = Key.STABLE.only();
        OrderingMessage message = new OrderingMessage.StableCheckpoint(checkpoint.certificate());
        changes.put(key, Formats.messages(key, List.of(message)));
        long previous = stable;
        stable = Math.max(previous, checkpoint.certificate().content().sequence());
        contents.stable(previous, stable, changes);
        stateStored(stored, retained, changes);
    }

    /** Forgets decisions that neither this replica nor another needs. */
    void stateStored(long stored, long retained, Changes changes) {
        contents.forgetDecisions(Math.min(stored, stable - retained), changes);
    }

    private void batch(long sequence, Batch batch, List<RequestBundle> bodies, Changes changes) {
        if (contents.at(sequence).batches.add(batch.digest())) {
            Place place = new Place(sequence, batch.digest());
            SortedMap<Integer, Place> elsewhere = contents.bodies().elsewhere(batch);
            contents.bodies().added(place, batch, elsewhere);
            changes.put(place.key(), Formats.stored(place, batch, bodies, elsewhere));
        }
    }
}
