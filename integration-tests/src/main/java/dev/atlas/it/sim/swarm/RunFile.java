package dev.atlas.it.sim.swarm;

import dev.atlas.net.crypto.Hasher;
import java.io.File;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a run of seeds has come to, kept in a file, so that a long one can be ended and go on later. It goes on with the very same classes and options only: else the
 * file is refused.
 */
final class RunFile {

    private static final String COVERAGE = "coverage.";

    private final Path path;
    private final String run;

    /**
     * @param options those that say which seeds are run, but not how many
     */
    RunFile(Path path, String options) throws IOException {
        this.path = path.toAbsolutePath();
        this.run = options + ", classes " + classes();
    }

    /**
     * @param totals of the seeds that have ended
     * @param begun seeds that had not ended yet
     * @param next the first that had not begun, nor any after it
     */
    record Place(Totals totals, List<Long> begun, long next) {}

    /**
     * @return empty if there is no such file yet
     * @throws IllegalArgumentException if it is the file of another run
     */
    Optional<Place> read() throws IOException {
        if (!Files.exists(path)) {
            return Optional.empty();
        }
        Properties kept = new Properties();
        try (Reader reader = Files.newBufferedReader(path)) {
            kept.load(reader);
        }
        if (!run.equals(kept.getProperty("run"))) {
            throw new IllegalArgumentException(path + " is of another run, of " + kept.getProperty("run")
                    + ", and not of " + run + ": name a new file, or delete it");
        }
        Totals totals = new Totals();
        totals.done = number(kept, "done");
        totals.twice = number(kept, "twice");
        totals.steps = number(kept, "steps");
        totals.virtualMillis = number(kept, "virtualMillis");
        totals.nanos = number(kept, "nanos");
        kept.stringPropertyNames().stream()
                .filter(name -> name.startsWith(COVERAGE))
                .forEach(name -> totals.coverage.add(name.substring(COVERAGE.length()), number(kept, name)));
        List<Long> begun = Stream.of(kept.getProperty("begun").split(" ", -1))
                .filter(seed -> !seed.isEmpty())
                .map(Long::valueOf)
                .toList();
        return Optional.of(new Place(totals, begun, number(kept, "next")));
    }

    /** Replaces what was kept before, or leaves it as it was. */
    void write(Place place) throws IOException {
        Properties kept = new Properties();
        kept.setProperty("run", run);
        kept.setProperty("done", Long.toString(place.totals().done));
        kept.setProperty("twice", Long.toString(place.totals().twice));
        kept.setProperty("steps", Long.toString(place.totals().steps));
        kept.setProperty("virtualMillis", Long.toString(place.totals().virtualMillis));
        kept.setProperty("nanos", Long.toString(place.totals().nanos));
        place.totals()
                .coverage
                .counts()
                .forEach((kind, times) -> kept.setProperty(COVERAGE + kind, Long.toString(times)));
        kept.setProperty("begun", place.begun().stream().map(String::valueOf).collect(Collectors.joining(" ")));
        kept.setProperty("next", Long.toString(place.next()));
        Path written = path.resolveSibling(path.getFileName() + ".new");
        try (Writer writer = Files.newBufferedWriter(written)) {
            kept.store(writer, "A run of seeds that goes on with -Dresume");
        }
        Files.move(written, path, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    private static long number(Properties kept, String name) {
        return Long.parseLong(kept.getProperty(name));
    }

    /** A hash of all that the class path holds in directories, which is what is built here, and of the names of its archives. */
    private static String classes() throws IOException {
        Hasher hasher = new Hasher();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            Path place = Path.of(entry);
            if (Files.isDirectory(place)) {
                add(place, hasher);
            } else {
                hasher.update(String.valueOf(place.getFileName()).getBytes(StandardCharsets.UTF_8));
            }
        }
        return hasher.digest().toString();
    }

    private static void add(Path directory, Hasher hasher) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            files.filter(Files::isRegularFile).sorted().forEach(file -> {
                try {
                    hasher.update(directory.relativize(file).toString().getBytes(StandardCharsets.UTF_8));
                    hasher.update(Files.readAllBytes(file));
                } catch (IOException unreadable) {
                    throw new UncheckedIOException(unreadable);
                }
            });
        }
    }
}
