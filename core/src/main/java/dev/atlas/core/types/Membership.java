package dev.atlas.core.types;

import dev.atlas.net.crypto.PublicKey;
import dev.atlas.net.identity.ReplicaId;
import java.util.List;
import java.util.Optional;

/**
 * Who votes in one epoch. Immutable.
 *
 * @param epoch 0 at genesis
 * @param members in ascending order of id, without duplicates
 */
public record Membership(long epoch, List<Member> members) {

    public Membership {
        members = members.stream()
                .sorted((left, right) -> left.id().compareTo(right.id()))
                .toList();
        for (int index = 1; index < members.size(); index++) {
            if (members.get(index).id().equals(members.get(index - 1).id())) {
                throw new IllegalArgumentException(
                        "twice in the membership: " + members.get(index).id());
            }
        }
        if (members.isEmpty()) {
            throw new IllegalArgumentException("a membership needs members");
        }
    }

    public Quorums quorums() {
        return new Quorums(members.size());
    }

    /** The primary of {@code view}: members take turns in order of id (OSDI'99, section 4). */
    public ReplicaId primary(long view) {
        return members.get((int) Long.remainderUnsigned(view, members.size())).id();
    }

    public boolean contains(ReplicaId id) {
        return member(id).isPresent();
    }

    /** Asked for every message that arrives, of a handful of members: a loop is faster than anything clever. */
    public Optional<Member> member(ReplicaId id) {
        for (Member member : members) {
            if (member.id().equals(id)) {
                return Optional.of(member);
            }
        }
        return Optional.empty();
    }

    public List<ReplicaId> ids() {
        return members.stream().map(Member::id).toList();
    }

    /** A voting replica and the key that it signs with. */
    public record Member(ReplicaId id, PublicKey publicKey) {}
}
