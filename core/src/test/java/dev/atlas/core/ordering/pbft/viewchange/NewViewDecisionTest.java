package dev.atlas.core.ordering.pbft.viewchange;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.atlas.core.crypto.Signed;
import dev.atlas.core.crypto.Verified;
import dev.atlas.core.message.CheckpointCertificate;
import dev.atlas.core.message.ViewChange;
import dev.atlas.core.types.Membership;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.crypto.PublicKey;
import dev.atlas.net.identity.ReplicaId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Conditions A1, A2, A3 and B (TOCS'02, section 4.4) against their literal reading, on random VIEW-CHANGEs. */
class NewViewDecisionTest {

    private static final int RANDOM_SETS = 100_000;
    private static final long WINDOW = 4;
    private static final Digest NULL = new Digest(9, 9, 9, 9);
    private static final long NEW_VIEW = 4;

    @Test
    void decidesAndWaitsExactlyAsTheLiteralConditionsSay() {
        Map<String, Integer> cases = new TreeMap<>();
        for (int seed = 0; seed < RANDOM_SETS; seed++) {
            Random random = new Random(seed);
            Membership membership = membership(List.of(4, 5, 6, 7, 10).get(random.nextInt(5)));
            List<Verified<ViewChange>> s = arbitrary(membership, random);
            Set<Digest> atHand = new TreeSet<>(Set.of(NULL));
            for (int digest = 1; digest <= 3; digest++) {
                if (random.nextInt(4) != 0) {
                    atHand.add(digest(digest));
                }
            }
            LiteralRules literal = new LiteralRules(membership.quorums(), WINDOW, s);
            NewViewDecision.Result result = NewViewDecision.decide(membership, WINDOW, s, atHand::contains, NULL);
            boolean decided = result instanceof NewViewDecision.Decided;
            assertThat(decided).as("seed %s", seed).isEqualTo(literal.decides(atHand::contains));
            if (result instanceof NewViewDecision.Decided choice) {
                assertThat(choice.stable()).isEqualTo(literal.h());
                assertThat(literal.permits(choice.choices(), NULL))
                        .as("seed %s", seed)
                        .isTrue();
                assertThat(choice.choices()).allMatch(atHand::contains);
                assertThat(choice.choices().isEmpty()
                                || literal.permitsA(
                                        literal.h() + choice.choices().size(),
                                        choice.choices().getLast()))
                        .as("seed %s", seed)
                        .isTrue();
            }
            cases.merge(decided ? "decided" : "waiting", 1, Integer::sum);
        }
        assertThat(cases.keySet()).containsExactly("decided", "waiting");
        assertThat(cases.values()).allMatch(count -> count > RANDOM_SETS / 50);
    }

    @Test
    void backupsPermitExactlyWhatTheLiteralConditionsPermit() {
        int[] permitted = new int[2];
        for (int seed = 0; seed < RANDOM_SETS; seed++) {
            Random random = new Random(seed);
            Membership membership = membership(List.of(4, 5, 6, 7, 10).get(random.nextInt(5)));
            List<Verified<ViewChange>> s = arbitrary(membership, random);
            LiteralRules literal = new LiteralRules(membership.quorums(), WINDOW, s);
            List<Digest> choices = new ArrayList<>();
            int length = random.nextInt((int) WINDOW + 1);
            for (int index = 0; index < length; index++) {
                choices.add(random.nextInt(3) == 0 ? NULL : digest(1 + random.nextInt(3)));
            }
            boolean expected = literal.permits(choices, NULL);
            assertThat(NewViewDecision.notPermitted(membership, WINDOW, s, literal.h(), choices, NULL)
                            .isEmpty())
                    .as("seed %s", seed)
                    .isEqualTo(expected);
            permitted[expected ? 1 : 0]++;
        }
        assertThat(permitted[0]).isPositive();
        assertThat(permitted[1]).isPositive();
    }

    @Test
    void aWeakenedConditionIsCaughtByTheComparison() {
        boolean[] caught = new boolean[3];
        for (int seed = 0; seed < 20_000 && !(caught[0] && caught[1] && caught[2]); seed++) {
            Random random = new Random(seed);
            Membership membership = membership(4);
            List<Verified<ViewChange>> s = arbitrary(membership, random);
            List<ViewChange> contents = s.stream().map(Verified::content).toList();
            boolean real = NewViewDecision.decide(membership, WINDOW, s, digest -> true, NULL)
                    instanceof NewViewDecision.Decided;
            for (int weak = 0; weak < 3; weak++) {
                LiteralRules broken =
                        new LiteralRules(membership.quorums(), WINDOW, contents, weak != 0, weak != 1, weak != 2);
                caught[weak] |= broken.decides(digest -> true) != real;
            }
        }
        assertThat(caught).containsExactly(true, true, true);
    }

    /** What committed is chosen again: Q prepared it, and up to f of those lie about it in the next view change. */
    @Test
    void whatCommittedIsNeverReplaced() {
        for (int seed = 0; seed < 20_000; seed++) {
            Random random = new Random(seed);
            Membership membership = membership(List.of(4, 5, 6, 7, 10).get(random.nextInt(5)));
            int n = membership.members().size();
            int f = membership.quorums().faults();
            Digest committed = digest(1);
            List<Integer> order = new ArrayList<>();
            for (int index = 0; index < n; index++) {
                order.add(index);
            }
            java.util.Collections.shuffle(order, random);
            Set<Integer> prepared =
                    new TreeSet<>(order.subList(0, membership.quorums().quorum()));
            java.util.Collections.shuffle(order, random);
            Set<Integer> liars = new TreeSet<>(order.subList(0, f));
            java.util.Collections.shuffle(order, random);
            List<Verified<ViewChange>> s = new ArrayList<>();
            int size = membership.quorums().quorum()
                    + random.nextInt(n - membership.quorums().quorum() + 1);
            for (int replica : order.subList(0, size)) {
                if (liars.contains(replica)) {
                    s.add(arbitrary(new ReplicaId(replica), random, 0));
                } else {
                    // All correct ones pre-prepared it in view 1; those of the quorum prepared it too.
                    s.add(viewChange(
                            new ReplicaId(replica),
                            0,
                            prepared.contains(replica) ? List.of(new ViewChange.Prepared(1, committed, 1)) : List.of(),
                            List.of(new ViewChange.PrePrepared(1, committed, 1))));
                }
            }
            if (NewViewDecision.decide(membership, WINDOW, s, digest -> true, NULL)
                    instanceof NewViewDecision.Decided decided) {
                assertThat(decided.choices()).as("seed %s", seed).isNotEmpty();
                assertThat(decided.choices().getFirst()).as("seed %s", seed).isEqualTo(committed);
            }
        }
    }

    private static Membership membership(int n) {
        List<Membership.Member> members = new ArrayList<>();
        for (int number = 0; number < n; number++) {
            members.add(new Membership.Member(new ReplicaId(number), new PublicKey(new byte[] {(byte) number})));
        }
        return new Membership(0, members);
    }

    /** The second is null: a primary may propose it like any other. */
    private static Digest digest(int number) {
        return number == 2 ? NULL : new Digest(number, 0, 0, 0);
    }

    private static List<Verified<ViewChange>> arbitrary(Membership membership, Random random) {
        int quorum = membership.quorums().quorum();
        int size = quorum + random.nextInt(membership.members().size() - quorum + 1);
        List<Verified<ViewChange>> s = new ArrayList<>();
        long baseline = random.nextInt(3);
        for (int number = 0; number < size; number++) {
            long stable = random.nextInt(4) == 0 ? random.nextInt(3) : baseline;
            s.add(arbitrary(new ReplicaId(number), random, stable));
        }
        return s;
    }

    /** Mostly agreeing, so that both outcomes are common. */
    private static Verified<ViewChange> arbitrary(ReplicaId sender, Random random, long stable) {
        List<ViewChange.Prepared> prepared = new ArrayList<>();
        List<ViewChange.PrePrepared> prePrepared = new ArrayList<>();
        for (long slot = stable + 1; slot <= stable + WINDOW; slot++) {
            if (random.nextInt(3) != 0) {
                continue;
            }
            int favourite = 1 + (int) (slot % 2);
            Map<Digest, Long> q = new TreeMap<>();
            for (int digest = 1; digest <= 3; digest++) {
                if (digest == favourite || random.nextInt(4) == 0) {
                    q.put(digest(digest), (long) random.nextInt((int) NEW_VIEW));
                }
            }
            for (Map.Entry<Digest, Long> entry : new HashMap<>(q)
                    .entrySet().stream().sorted(Map.Entry.comparingByKey()).toList()) {
                prePrepared.add(new ViewChange.PrePrepared(slot, entry.getKey(), entry.getValue()));
            }
            if (random.nextInt(3) != 0) {
                int digest = random.nextInt(5) == 0 ? 1 + random.nextInt(3) : favourite;
                prepared.add(new ViewChange.Prepared(slot, digest(digest), random.nextInt((int) NEW_VIEW)));
            }
        }
        return viewChange(sender, stable, prepared, prePrepared);
    }

    private static Verified<ViewChange> viewChange(
            ReplicaId sender,
            long stable,
            List<ViewChange.Prepared> prepared,
            List<ViewChange.PrePrepared> prePrepared) {
        Optional<CheckpointCertificate> certificate =
                stable == 0 ? Optional.empty() : Optional.of(new CheckpointCertificate(List.of()));
        return new Verified<>(Signed.of(
                sender,
                new ViewChange(0, NEW_VIEW, stable, certificate, prepared, prePrepared),
                ByteString.EMPTY,
                ByteString.EMPTY));
    }

    @Test
    void invalidViewChangesAreToldByTheirRule() {
        Membership membership = membership(4);
        ReplicaId sender = new ReplicaId(1);
        assertThat(ViewChangeRules.invalid(membership, WINDOW, viewChange(sender, 0, List.of(), List.of())))
                .isEmpty();
        assertThat(invalid(membership, List.of(new ViewChange.Prepared(WINDOW + 1, digest(1), 0)), List.of()))
                .as("outside the window")
                .isPresent();
        assertThat(invalid(
                        membership,
                        List.of(new ViewChange.Prepared(1, digest(1), 0), new ViewChange.Prepared(1, digest(2), 0)),
                        List.of()))
                .as("two P entries for a slot")
                .isPresent();
        assertThat(invalid(membership, List.of(new ViewChange.Prepared(1, digest(1), NEW_VIEW)), List.of()))
                .as("of a view not left")
                .isPresent();
        assertThat(invalid(membership, List.of(), List.of(new ViewChange.PrePrepared(0, digest(1), 0))))
                .as("at the checkpoint")
                .isPresent();
        List<ViewChange.PrePrepared> many = new ArrayList<>();
        for (int digest = 1; digest <= NEW_VIEW + 1; digest++) {
            many.add(new ViewChange.PrePrepared(1, digest(digest), 0));
        }
        assertThat(invalid(membership, List.of(), many))
                .as("more digests than views")
                .isPresent();
        assertThat(ViewChangeRules.invalid(membership, WINDOW, viewChange(new ReplicaId(9), 0, List.of(), List.of())))
                .as("no member")
                .isPresent();
    }

    private static Optional<String> invalid(
            Membership membership, List<ViewChange.Prepared> prepared, List<ViewChange.PrePrepared> prePrepared) {
        return ViewChangeRules.invalid(membership, WINDOW, viewChange(new ReplicaId(1), 0, prepared, prePrepared));
    }
}
