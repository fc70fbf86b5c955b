package dev.atlas.exec.speculative;

/**
 * What speculation has done since it began.
 *
 * @param speculated operations executed in parallel
 * @param incarnations executions of these, each at least once
 * @param aborts incarnations thrown away
 * @param sequential operations executed one after the other instead
 */
public record SpeculationCounters(long speculated, long incarnations, long aborts, long sequential) {

    static final SpeculationCounters NONE = new SpeculationCounters(0, 0, 0, 0);

    SpeculationCounters speculated(long operations, long itsIncarnations, long itsAborts) {
        return new SpeculationCounters(
                speculated + operations, incarnations + itsIncarnations, aborts + itsAborts, sequential);
    }

    SpeculationCounters sequential(long operations) {
        return new SpeculationCounters(speculated, incarnations, aborts, sequential + operations);
    }
}
