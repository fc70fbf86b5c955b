package dev.atlas.core.ordering.pbft;

import dev.atlas.core.crypto.Signed;
import dev.atlas.core.message.Batch;
import dev.atlas.core.message.Batches;
import dev.atlas.core.message.ViewChange;
import dev.atlas.core.ordering.LogRecord;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Takes up after a restart where the durable records end: same view, same P and Q, same votes. Whatever was said before the
 * restart is in the records, because it was durable before it left; so nothing said after it can contradict it.
 */
final class Recovery {

    private final PbftState state;
    private final NormalCase normalCase;
    private final Checkpointer checkpointer;
    private final ViewChanger viewChanger;

    Recovery(PbftState state, NormalCase normalCase, Checkpointer checkpointer, ViewChanger viewChanger) {
        this.state = state;
        this.normalCase = normalCase;
        this.checkpointer = checkpointer;
        this.viewChanger = viewChanger;
    }

    void resume(Start.Recovered recovered) {
        LogRecord.@Nullable ViewEntered entered = null;
        Optional<Signed<ViewChange>> left = Optional.empty();
        for (LogRecord record : recovered.records()) {
            switch (record) {
                case LogRecord.Stable stable -> checkpointer.restore(stable.certificate());
                case LogRecord.ViewEntered newView -> entered = newView;
                case LogRecord.ViewChanging viewChange -> left = Optional.of(viewChange.viewChange());
                case LogRecord.PrePrepared ignored -> {}
                case LogRecord.Prepared ignored -> {}
                case LogRecord.Voter ignored -> {}
            }
        }
        restoreDecisions(recovered);
        restoreSlots(recovered.records());
        viewChanger.restoreView(Optional.ofNullable(entered), left.filter(ignored -> state.voter));
        state.nextSequence = Math.max(state.stable, state.log.head()) + 1;
        if (state.active) {
            state.slots.tailMap(state.stable, false).values().forEach(this::restoreVotes);
        }
        viewChanger.resume();
        List.copyOf(state.slots.values()).forEach(normalCase::progress);
    }

    private void restoreDecisions(Start.Recovered recovered) {
        state.executed = recovered.executed();
        for (Start.Decision decision : recovered.decisions()) {
            state.log.restore(decision.sequence(), decision.batch().digest(), decision.chain());
            hold(decision.sequence(), decision.batch(), false);
            if (decision.sequence() > state.stable) {
                Slot slot = state.slot(decision.sequence());
                slot.decided = decision.batch().digest();
                slot.decidedView = decision.view();
            }
        }
        if (state.log.head() < recovered.head()) {
            state.log.install(recovered.head(), recovered.chain());
        }
    }

    private void restoreSlots(List<LogRecord> records) {
        for (LogRecord record : records) {
            if (record instanceof LogRecord.PrePrepared pre && pre.sequence() > state.stable) {
                state.slot(pre.sequence()).prePrepared.put(pre.batch().digest(), pre.view());
                hold(pre.sequence(), pre.batch(), true);
            } else if (record instanceof LogRecord.Prepared prepared && prepared.sequence() > state.stable) {
                state.slot(prepared.sequence()).prepared =
                        new ViewChange.Prepared(prepared.sequence(), prepared.digest(), prepared.view());
            }
        }
    }

    /** Batch and bodies came from the disk into the shell's keeping. */
    private void hold(long sequence, Batch batch, boolean verified) {
        BatchTable.Entry entry = state.name(sequence, batch.digest());
        state.batches.supply(batch);
        entry.hold(verified || batch.equals(Batches.NULL));
    }

    /** The votes of this replica in the view that it is still in. */
    private void restoreVotes(Slot slot) {
        slot.prePrepared.forEach((digest, view) -> {
            if (view == state.view) {
                slot.accepted = digest;
                slot.prePrepareVoted = true;
                // What was proposed must not be proposed again with another batch.
                state.nextSequence = Math.max(state.nextSequence, slot.sequence + 1);
                if (!slot.isDecided()) {
                    state.inFlight.add(slot.sequence);
                }
                if (!state.isPrimary()) {
                    slot.prepares.add(state.self, digest);
                }
            }
        });
        if (slot.prepared != null && slot.prepared.view() == state.view) {
            slot.commitIssued = true;
            slot.commits.add(state.self, slot.prepared.digest());
        }
    }
}
