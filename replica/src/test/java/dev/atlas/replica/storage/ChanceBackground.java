package dev.atlas.replica.storage;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Random;

/** Goes on with a task when chance has it, on the thread that happens to be there. */
final class ChanceBackground implements Background {

    private final Random random;
    private final boolean lies;
    private final ArrayDeque<Task> tasks = new ArrayDeque<>();
    private Optional<IOException> failure = Optional.empty();
    private double eagerness;

    /** A step writes to files too. */
    private boolean isInStep;

    /**
     * @param lies whether it says that it has finished when it has not
     */
    ChanceBackground(Random random, boolean lies) {
        this.random = random;
        this.lies = lies;
        this.eagerness = random.nextDouble();
    }

    void chance() {
        while (!isInStep && !tasks.isEmpty() && random.nextDouble() < eagerness) {
            step();
        }
        if (random.nextInt(20) == 0) {
            eagerness = random.nextDouble();
        }
    }

    private void step() {
        isInStep = true;
        try {
            if (tasks.element().step()) {
                tasks.remove();
            }
        } catch (IOException failed) {
            failure = Optional.of(failed);
            tasks.clear();
        } finally {
            isInStep = false;
        }
    }

    @Override
    public void start(Task task) {
        if (!lies && !tasks.isEmpty()) {
            throw new AssertionError("one is under way");
        }
        tasks.add(task);
    }

    @Override
    public boolean isIdle() throws IOException {
        chance();
        check();
        return lies || tasks.isEmpty();
    }

    @Override
    public void await() throws IOException {
        while (!lies && !tasks.isEmpty()) {
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
        tasks.clear();
    }
}
