package dev.atlas.it.sim.planted;

import java.util.List;

/** The collection: rules of agreement, view change, checkpoints, pre-processing, sessions and the client, broken one each. */
final class PlantedBugs {

    private static final String PBFT = "core/src/main/java/dev/atlas/core/ordering/pbft/";
    private static final String VIEWS = PBFT + "viewchange/";
    private static final String REQUESTS = "core/src/main/java/dev/atlas/core/preprocessing/";
    private static final String CLIENT = "core/src/main/java/dev/atlas/core/client/";
    private static final String SESSIONS = "exec/src/main/java/dev/atlas/exec/session/";
    private static final String REPLICA = "replica/src/main/java/dev/atlas/replica/orchestrator/";

    private PlantedBugs() {}

    static List<PlantedBug> all() {
        return List.of(
                new PlantedBug(
                        "duplicate senders are counted as votes",
                        PBFT + "Votes.java",
                        "            if (vote.equals(digest)) {\n                count++;",
                        "            if (vote.equals(digest)) {\n                count += 2;"),
                new PlantedBug(
                        "the digest is ignored in PREPARE",
                        PBFT + "NormalCase.java",
                        "slot.prepares.count(digest) < state.quorums.quorum() - 1",
                        "slot.prepares.senders().size() < state.quorums.quorum() - 1"),
                new PlantedBug(
                        "the view is ignored in COMMIT",
                        PBFT + "NormalCase.java",
                        "        if (message.view() > state.votedView || (!learnable && message.sequence() > state.high())) {",
                        "        if (!learnable && message.sequence() > state.high()) {"),
                new PlantedBug(
                        "a quorum is 2f",
                        "core/src/main/java/dev/atlas/core/types/Quorums.java",
                        "return (members + faults()) / 2 + 1;",
                        "return Math.max(1, 2 * faults());"),
                new PlantedBug(
                        "a second PRE-PREPARE is accepted for a slot",
                        PBFT + "NormalCase.java",
                        "        if (slot.accepted != null && !slot.accepted.equals(batch.digest())) {\n            return Optional.of(Misbehaviour.EQUIVOCATION);\n        }",
                        "        if (slot.accepted != null && !slot.accepted.equals(batch.digest())) {\n            slot.accepted = null;\n            slot.prePrepareVoted = false;\n        }"),
                new PlantedBug(
                        "a VIEW-CHANGE omits what is prepared",
                        PBFT + "ViewChanger.java",
                        "            if (slot.prepared != null) {",
                        "            if (slot.prepared != null && slot.sequence % 2 == 0) {"),
                new PlantedBug(
                                "a NEW-VIEW picks the lowest view",
                                VIEWS + "Claims.java",
                                "                .filter(entry -> entry.view() > candidate.view()\n",
                                "                .filter(entry -> entry.view() < candidate.view()\n")
                        .in("forgers"),
                new PlantedBug(
                        "a new primary proposes nothing of the old view",
                        VIEWS + "NewViewDecision.java",
                        "return new Decided(claims.stable(), claims.certificate(), choices.subList(0, last));",
                        "return new Decided(claims.stable(), claims.certificate(), choices.subList(0, 0 * last));"),
                new PlantedBug(
                                "backups skip the check of NEW-VIEW",
                                PBFT + "ViewChanger.java",
                                "        if (isPermitted(candidate, named)) {",
                                "        if (isPermitted(candidate, named) || !named.isEmpty()) {")
                        .in("forgers"),
                new PlantedBug(
                        "a checkpoint is stable at f + 1",
                        PBFT + "Checkpointer.java",
                        "            if (equal.size() >= state.quorums.quorum()) {",
                        "            if (equal.size() >= state.quorums.weakQuorum()) {"),
                new PlantedBug(
                                "A1 is not asked for",
                                VIEWS + "Claims.java",
                                "return below(candidate.sequence()) - contradicting >= quorums.quorum();",
                                "return below(candidate.sequence()) - 0 * contradicting >= quorums.weakQuorum();")
                        .in("forgers"),
                new PlantedBug(
                                "A2 is not asked for",
                                VIEWS + "Claims.java",
                                "return vouching >= quorums.weakQuorum();",
                                "return vouching >= 0;")
                        .in("forgers"),
                new PlantedBug(
                                "B is satisfied by f + 1",
                                VIEWS + "Claims.java",
                                "prepared.getOrDefault(sequence, List.of()).size() >= quorums.quorum();",
                                "prepared.getOrDefault(sequence, List.of()).size() >= quorums.weakQuorum();")
                        .in("forgers"),
                new PlantedBug(
                        "an empty replica votes without genesis",
                        PBFT + "PbftState.java",
                        "this.voter = start.votes();",
                        "this.voter = true;"),
                new PlantedBug(
                        "an evicted session is taken for a new one",
                        SESSIONS + "SessionTable.java",
                        "            return new Verdict.Answer(Reply.refused(request, Outcome.EXPIRED));\n        }\n        if (request.number()",
                        "            ledger.execute(new Client(generation), new Session(request.session()), request);\n            return new Verdict.Execute();\n        }\n        if (request.number()"),
                new PlantedBug(
                        "a timer never doubles",
                        PBFT + "ViewChanger.java",
                        "multipliedBy(1L << failedViews)",
                        "multipliedBy(1L << Math.min(failedViews, 0))"),
                new PlantedBug(
                        "a wiped replica votes at once",
                        PBFT + "Apprenticeship.java",
                        "votesAbove = state.stable + 2L * state.config.window();",
                        "votesAbove = 0;"),
                new PlantedBug(
                        "replies are left out of the checkpoint",
                        SESSIONS + "Session.java",
                        "        target.writeInt(executed.size());\n        for (var entry : executed.entrySet()) {",
                        "        target.writeInt(0);\n        for (var entry : new TreeMap<Long, Executed>().entrySet()) {"),
                new PlantedBug(
                                "the first who describes a state is trusted",
                                "replica/src/main/java/dev/atlas/replica/transfer/Survey.java",
                                "                && descriptor.digest().equals(content.state());",
                                "                && descriptor.membership().equals(descriptor.membership());")
                        .in("sources"),
                new PlantedBug(
                                "a state is stored before its checkpoint is stable",
                                "replica/src/main/java/dev/atlas/replica/storage/StateKeeper.java",
                                "notStable.headMap(stable, true)",
                                "notStable.headMap(Long.MAX_VALUE, true)")
                        .in("power")
                        .heldBy("DurableLogTest.aStateTakesThePlaceOfTheStoredOneOnlyOnceItsCheckpointIsStable"),
                new PlantedBug(
                        "a linearizable read is believed at f + 1",
                        CLIENT + "ClientConfig.java",
                        "return linearizableReads ? quorums.quorum() : quorums.weakQuorum();",
                        "return linearizableReads ? quorums.weakQuorum() : quorums.weakQuorum();"),
                // Beyond the list to begin with.
                new PlantedBug(
                        "P keeps the first view in which a slot prepared",
                        PBFT + "NormalCase.java",
                        "        slot.prepared = new ViewChange.Prepared(slot.sequence, digest, state.view);",
                        "        slot.prepared = slot.prepared != null ? slot.prepared : new ViewChange.Prepared(slot.sequence, digest, state.view);"),
                new PlantedBug(
                        "Q keeps one digest for a slot",
                        PBFT + "NormalCase.java",
                        "        slot.prePrepared.put(batch.digest(), state.view);",
                        "        slot.prePrepared.clear();\n        slot.prePrepared.put(batch.digest(), state.view);"),
                new PlantedBug(
                        "a primary's PREPARE counts",
                        PBFT + "NormalCase.java",
                        "        if (from.equals(state.primary())) {\n            state.report(from, Misbehaviour.MALFORMED);",
                        "        if (!state.membership.contains(from)) {\n            state.report(from, Misbehaviour.MALFORMED);"),
                new PlantedBug(
                        "votes go on in a view that was left",
                        PBFT + "NormalCase.java",
                        "        if (state.active && state.voter && slot.accepted != null && slot.sequence > state.stable) {",
                        "        if (state.voter && slot.accepted != null && slot.sequence > state.stable) {"),
                new PlantedBug(
                        "a NEW-VIEW's checkpoint need not be the highest",
                        VIEWS + "Claims.java",
                        "            if (message.stable() > stable) {",
                        "            if (message.stable() > stable && stable == 0) {"),
                new PlantedBug(
                        "decided by two equal COMMITs whatever the quorum",
                        PBFT + "NormalCase.java",
                        ".agreed(state.quorums.quorum())",
                        ".agreed(state.quorums.weakQuorum())"),
                new PlantedBug(
                        "one claim of a decision is believed",
                        PBFT + "NormalCase.java",
                        "slot.claims.agreed(state.quorums.weakQuorum())",
                        "slot.claims.agreed(1)"),
                new PlantedBug(
                        "COMMIT is sent one PREPARE early",
                        PBFT + "NormalCase.java",
                        "slot.prepares.count(digest) < state.quorums.quorum() - 1",
                        "slot.prepares.count(digest) < state.quorums.quorum() - 2"),
                new PlantedBug(
                        "votes of the old view count in the new one",
                        PBFT + "Votes.java",
                        "    void clear() {\n        senders.clear();\n        digests.clear();",
                        "    void clear() {\n        senders.isEmpty();"),
                new PlantedBug(
                        "anyone may propose",
                        PBFT + "NormalCase.java",
                        "        if (!from.equals(state.membership.primary(message.view()))) {",
                        "        if (!state.membership.contains(from)) {"),
                new PlantedBug(
                        "a learnt decision need not be next",
                        PBFT + "NormalCase.java",
                        "            if (entry.isEmpty() || entry.get().batch().isEmpty()) {\n                return;",
                        "            if (entry.isEmpty() || entry.get().batch().isEmpty()) {\n                state.log.append(digest);\n                return;"),
                new PlantedBug(
                        "requests are not timed",
                        REQUESTS + "RequestTimeouts.java",
                        "longestNanos < timeoutNanos",
                        "longestNanos >= 0"),
                new PlantedBug(
                                "votes are never sent again",
                                PBFT + "StatusExchange.java",
                                "        } else if (theirs.view() == state.view && state.active) {\n            sendVotes(from, theirs);",
                                "        } else if (theirs.view() < 0) {\n            sendVotes(from, theirs);")
                        .in("losses"),
                new PlantedBug(
                                "proposals are never sent again",
                                PBFT + "StatusExchange.java",
                                "        if (state.isPrimary() && !slot.fixed && theirs.flatMap(OpenSlot::digest).isEmpty()) {",
                                "        if (state.isPrimary() && slot.fixed && theirs.flatMap(OpenSlot::digest).isEmpty()) {")
                        .in("losses"),
                new PlantedBug(
                                "a NEW-VIEW is sent once",
                                PBFT + "StatusExchange.java",
                                "        viewChanger.entered().ifPresent(newView -> state.send(to, new SignedNewView(newView)));",
                                "        viewChanger.entered().filter(newView -> newView.content().view() < 0).ifPresent(newView -> state.send(to, new SignedNewView(newView)));")
                        .in("losses"),
                new PlantedBug(
                                "an own COMMIT for what is decided is not kept",
                                PBFT + "NormalCase.java",
                                "            if (from.equals(state.self) && message.sequence() > state.stable) {",
                                "            if (from.equals(state.self) && message.sequence() > state.high()) {")
                        .in("losses")
                        .heldBy(
                                "PbftRulesTest.anOwnCommitThatComesBackAfterTheDecisionIsSentAgainTooToWhomItDidNotReach"),
                new PlantedBug(
                                "who owes a COMMIT does not say what it lacks",
                                PBFT + "StatusExchange.java",
                                "            awaited.forEach(slot -> slot.commitAwaited = true);",
                                "            awaited.forEach(slot -> slot.commitAwaited = false);")
                        .in("losses"),
                new PlantedBug(
                                "votes are not sent again to who has decided",
                                PBFT + "StatusExchange.java",
                                "                .filter(slot -> slot.sequence > theirs.decided() || known.containsKey(slot.sequence))",
                                "                .filter(slot -> slot.sequence > theirs.decided())")
                        .in("losses"),
                new PlantedBug(
                        "bodies are never fetched",
                        REPLICA + "PeerOutbox.java",
                        "        if (candidates.isEmpty() || missing.isEmpty()) {\n            return;\n        }\n        ReplicaId holder",
                        "        if (candidates.isEmpty() || !missing.isEmpty()) {\n            return;\n        }\n        ReplicaId holder"),
                new PlantedBug(
                        "a client believes one replica",
                        CLIENT + "Calls.java",
                        "        if (matching < needed) {",
                        "        if (matching < 1) {"),
                new PlantedBug(
                                "bodies of another proposal end the wait for those of the decided one",
                                PBFT + "NormalCase.java",
                                "if (wanted == null || satisfied(slot, wanted)) {\n                            state.act",
                                "if (!digest.equals(slot.accepted) || satisfied(slot, digest)) {\n                            state.act")
                        .heldBy("PbftRulesTest.bodiesOfAnotherProposalForASlotDoNotEndTheWaitForThoseThatAreNeeded"),
                new PlantedBug(
                                "bodies held for a batch that was released since count",
                                PBFT + "BatchTable.java",
                                "if (entry == null || entry.naming != naming) {",
                                "if (entry == null) {")
                        .heldBy("PbftRulesTest.bodiesHeldForABatchThatWasReleasedSinceDoNotCountWhenItIsNamedAgain"),
                new PlantedBug(
                        "a fast read is accepted at f + 1",
                        CLIENT + "ClientConfig.java",
                        "return linearizableReads ? quorums.quorum() : quorums.weakQuorum();",
                        "return quorums.weakQuorum();"),
                new PlantedBug(
                                "one member is believed that a bundle is decided",
                                REQUESTS + "RequestTimeouts.java",
                                "doubt.decided.size() == weakQuorum",
                                "doubt.decided.size() == Math.min(1, weakQuorum)")
                        .heldBy("PreProcessingTest.aDoubtfulBundleIsBelievedToBeDecidedWhenAsManyDistinctMembersSaySo"),
                new PlantedBug(
                        "an executed number is executed again",
                        SESSIONS + "Session.java",
                        "executed.put(number, outcome);",
                        "executed.size();"),
                new PlantedBug(
                        "an acknowledged number may execute",
                        SESSIONS + "Session.java",
                        "        if (request.number() <= acknowledgedUpTo) {",
                        "        if (request.number() < 0) {"),
                new PlantedBug(
                        "a replica lets go of bodies too early",
                        PBFT + "Checkpointer.java",
                        "                .forget(Math.min(previousStable, state.stable - state.config.window()) - state.config.logRetention())",
                        "                .forget(state.log.head())"),
                new PlantedBug(
                        "execution skips what another view decided again",
                        PBFT + "NormalCase.java",
                        "            state.act(new Action.Decide(",
                        "            if (next.fixed) {\n                continue;\n            }\n            state.act(new Action.Decide("));
    }
}
