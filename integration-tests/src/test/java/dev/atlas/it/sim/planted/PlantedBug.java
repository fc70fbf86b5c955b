package dev.atlas.it.sim.planted;

/**
 * @param family whose runs are to find it
 * @param name the rule that is broken
 * @param source file, from the top of the repository
 * @param original a piece of it that occurs once
 * @param replacement what stands there instead
 * @param rule the unit test that holds it where no seed is known that does; mostly empty
 */
record PlantedBug(String family, String name, String source, String original, String replacement, String rule) {

    /** One that the swarm is to find. */
    PlantedBug(String name, String source, String original, String replacement) {
        this("swarm", name, source, original, replacement, "");
    }

    /** The same bug, to be found in runs of another family. */
    PlantedBug in(String otherFamily) {
        return new PlantedBug(otherFamily, name, source, original, replacement, rule);
    }

    /** The same bug, which simulation has not found so far, or hardly ever. */
    PlantedBug heldBy(String test) {
        return new PlantedBug(family, name, source, original, replacement, test);
    }

    @Override
    public String toString() {
        return name;
    }
}
