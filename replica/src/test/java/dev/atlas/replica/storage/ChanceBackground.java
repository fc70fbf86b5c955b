package dev.atlas.replica.storage;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Random;

/** Goes on with a flush when chance has it, on the thread that happens to be there. */
final class ChanceBackground implements Background {

    private final Random random;
    private final boolean lies;
    private final ArrayDeque<Flush> flushes = new ArrayDeque<>();
    private Optional<IOException> failure = Optional.empty();
    private double eagerness;

    /**
     * @param lies whether it says that it has finished when it has not
     */
    ChanceBackground(Random random, boolean lies) {
        this.random = random;
        this.lies = lies;
        this.eagerness = random.nextDouble();
    }

    void chance() {
        while (!flushes.isEmpty() && random.nextDouble() < eagerness) {
            step();
        }
        if (random.nextInt(20) == 0) {
            eagerness = random.nextDouble();
        }
    }

    private void step() {
        try {
            if (flushes.element().step()) {
                flushes.remove();
            }
        } catch (IOException failed) {
            failure = Optional.of(failed);
            flushes.clear();
        }
    }

    @Override
    public void start(Flush flush) {
        if (!lies && !flushes.isEmpty()) {
            throw new AssertionError("one is under way");
        }
        flushes.add(flush);
    }

    @Override
    public boolean isIdle() throws IOException {
        chance();
        check();
        return lies || flushes.isEmpty();
    }

    @Override
    public void await() throws IOException {
        while (!lies && !flushes.isEmpty()) {
            step();
        }
        check();
    }

    private void check() throws IOException {
        if (failure.isPresent()) {
            throw new IOException(failure.get());
        }
    }

    @Override
    public void close() {
        flushes.clear();
    }
}
