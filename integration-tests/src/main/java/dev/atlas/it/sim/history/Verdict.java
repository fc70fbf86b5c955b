package dev.atlas.it.sim.history;

/** What a {@link LinearizabilityChecker} finds. */
public sealed interface Verdict {

    /** Some order of all operations explains every answer. */
    record Linearizable() implements Verdict {}

    /**
     * No order explains all answers.
     *
     * @param partition the part of the object where none does
     * @param explanation for people: the first answer that cannot be explained together with those before it, and what could have been there instead
     */
    record Violation(String partition, String explanation) implements Verdict {}

    /**
     * Neither was found within the work allowed.
     *
     * @param limit steps of the model that were allowed for a partition
     */
    record Undecided(String partition, long limit) implements Verdict {}
}
