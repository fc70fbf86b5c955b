package dev.atlas.it.sim.planted;

/**
 * @param name the rule that is broken
 * @param source file, from the top of the repository
 * @param original a piece of it that occurs once
 * @param replacement what stands there instead
 */
record PlantedBug(String name, String source, String original, String replacement) {

    @Override
    public String toString() {
        return name;
    }
}
