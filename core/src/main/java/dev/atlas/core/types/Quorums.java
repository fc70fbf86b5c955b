package dev.atlas.core.types;

/**
 * The only place that computes quorum sizes.
 *
 * <p>Two quorums must share a correct replica, so a quorum is more than half of n + f; 2f + 1 is that only when n = 3f + 1: at n = 5
 * or 6 two sets of three may share only the faulty replica (Castro and Liskov, OSDI'99, section 4; Malkhi and Reiter, "Byzantine
 * Quorum Systems", 1998, section 3).
 *
 * @param members n, 1 or more
 */
public record Quorums(int members) {

    public Quorums {
        if (members < 1) {
            throw new IllegalArgumentException("a membership has at least 1 replica, not " + members);
        }
    }

    /** f: how many members may be faulty, the largest integer below n / 3. */
    public int faults() {
        return (members - 1) / 3;
    }

    /** Q: the smallest set of which any two share a correct member. */
    public int quorum() {
        return (members + faults()) / 2 + 1;
    }

    /** f + 1: the smallest set that contains a correct member. */
    public int weakQuorum() {
        return faults() + 1;
    }
}
