package dev.atlas.net.identity;

/**
 * The small number that the membership gives to a replica or follower.
 *
 * @param number 0 or more
 */
public record ReplicaId(int number) implements NodeId, Comparable<ReplicaId> {

    public ReplicaId {
        if (number < 0) {
            throw new IllegalArgumentException("a replica id is 0 or more, not " + number);
        }
    }

    @Override
    public int compareTo(ReplicaId other) {
        return Integer.compare(number, other.number);
    }

    @Override
    public String toString() {
        return "replica-" + number;
    }
}
