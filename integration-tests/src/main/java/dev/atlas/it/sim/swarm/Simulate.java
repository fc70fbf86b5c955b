package dev.atlas.it.sim.swarm;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.PrimitiveIterator;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.LongStream;

/**
 * Runs seeds on all cores until there are no more, time is up, or one breaks a rule; or one seed with a trace of what happens.
 *
 * <p>{@code mvn -q -Psimulate -Dseeds=2000}, {@code -Dminutes=10}, {@code -Dseed=17}, {@code -Dfirst=1000}, {@code -Datlas.workers=2}, {@code "-Datlas.only=n = 4"}
 * for the seeds that draw one trait; {@code -Dresume=file} goes on where a run that keeps this file was ended; {@code -Datlas.sim=twins} for the scenarios of twins,
 * {@code forgers} for liars in view changes, {@code losses} for lost messages, {@code sources} for false states, {@code power} for lost power. Exit code 0 if every
 * rule held, 1 if one was broken, a seed did not repeat itself, or something that the options allow never happened; 2 for options that make no sense.
 */
public final class Simulate {

    private static final long DEFAULT_FIRST = 1;
    /** Of a hundred seeds, one runs twice and must do the same. */
    private static final int CHECK_ONE_OF = 100;

    /** After so many, everything that can happen should have happened. */
    private static final long MANY_SEEDS = 1_000;

    private static final int MOST_FAILURES_SHOWN = 5;

    private static final long PROGRESS_NANOS = 5_000_000_000L;

    /** Some thousand times as long as an ordinary seed takes. */
    private static final Duration LONG = Duration.ofSeconds(60);

    private final Family family;

    /** What a seed must draw to be run. */
    private final Optional<String> only;

    private final ReentrantLock lock = new ReentrantLock();
    /** Guarded by {@link #lock}, like the fields below. */
    private Totals totals = new Totals();

    private final List<SwarmResult> failures = new ArrayList<>();

    /** The first seed that has not begun. */
    private long next;

    /** When each seed that runs now was taken, in nanoseconds. */
    private final Map<Long, Long> running = new TreeMap<>();

    private Duration longest = Duration.ZERO;
    private long longestSeed;

    private Simulate(Family family, Optional<String> only) {
        this.family = family;
        this.only = only;
        only.ifPresent(trait -> {
            if (!family.traits().contains(trait)) {
                throw new IllegalArgumentException(
                        "-Datlas.only is a trait that these seeds can have, " + family.traits() + ", not " + trait);
            }
        });
    }

    public static void main(String[] arguments) throws InterruptedException {
        String level = System.getProperty("atlas.log", "off");
        System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", level);
        System.setProperty("org.slf4j.simpleLogger.log.dev.atlas.replica", level);
        try {
            String seed = System.getProperty("seed");
            Family family = Family.named(System.getProperty("atlas.sim", "swarm"));
            System.exit(
                    seed != null
                            ? one(family, number("seed", seed))
                            : new Simulate(family, Optional.ofNullable(System.getProperty("atlas.only"))).many());
        } catch (IllegalArgumentException | IOException refused) {
            System.err.println(refused.getMessage());
            System.exit(2);
        }
    }

    private static int one(Family family, long seed) {
        System.out.println(family.describe(seed));
        SwarmResult result = family.run(seed, Optional.of(System.out::println));
        System.out.println(result);
        result.failure().ifPresent(failure -> failure.printStackTrace(System.out));
        return result.failure().isPresent() ? 1 : 0;
    }

    private static long option(String name, long otherwise) {
        String given = System.getProperty(name);
        if (given == null) {
            return otherwise;
        }
        long value = number(name, given);
        if (value < 1) {
            throw new IllegalArgumentException("-D" + name + " is 1 or more, not " + given);
        }
        return value;
    }

    private static long number(String name, String given) {
        try {
            return Long.parseLong(given);
        } catch (NumberFormatException noNumber) {
            throw new IllegalArgumentException("-D" + name + " is a number, not " + given, noNumber);
        }
    }

    private int many() throws InterruptedException, IOException {
        long minutes = option("minutes", Long.MAX_VALUE);
        long first = option("first", DEFAULT_FIRST);
        long seeds = option("seeds", minutes == Long.MAX_VALUE ? family.usual() : Long.MAX_VALUE);
        Optional<RunFile> file = runFile(first);
        RunFile.Place place = new RunFile.Place(totals, List.of(), first);
        if (file.isPresent()) {
            place = file.get().read().orElse(place);
        }
        totals = place.totals();
        next = place.next();
        PrimitiveIterator.OfLong wanted = wanted(place, seeds - totals.done);
        long start = System.nanoTime() - totals.nanos;
        long end = minutes > Integer.MAX_VALUE
                ? Long.MAX_VALUE
                : System.nanoTime() + Duration.ofMinutes(minutes).toNanos();
        List<Thread> workers = new ArrayList<>();
        long cores = option("atlas.workers", Runtime.getRuntime().availableProcessors());
        for (long worker = 0; worker < cores; worker++) {
            workers.add(Thread.ofPlatform().name("worker-" + worker).start(() -> {
                while (System.nanoTime() < end && !enough()) {
                    OptionalLong seed = next(wanted);
                    if (seed.isEmpty()) {
                        return;
                    }
                    take(seed.getAsLong());
                }
            }));
        }
        long shown = System.nanoTime();
        for (Thread worker : workers) {
            while (!worker.join(Duration.ofMillis(200))) {
                if (System.nanoTime() - shown > PROGRESS_NANOS) {
                    shown = System.nanoTime();
                    System.out.println(progress(shown - start));
                    keep(file, shown - start);
                }
            }
        }
        keep(file, System.nanoTime() - start);
        return summary(System.nanoTime() - start);
    }

    private Optional<RunFile> runFile(long first) throws IOException {
        String path = System.getProperty("resume");
        return path == null
                ? Optional.empty()
                : Optional.of(new RunFile(
                        Path.of(path),
                        family + " from " + first
                                + only.map(trait -> " with " + trait).orElse("")));
    }

    /** So many seeds that draw what is asked for: those that had begun, and from the next on. */
    private PrimitiveIterator.OfLong wanted(RunFile.Place place, long count) {
        return LongStream.concat(
                        place.begun().stream().mapToLong(seed -> seed),
                        LongStream.rangeClosed(place.next(), family.last())
                                .filter(seed ->
                                        only.isEmpty() || family.traits(seed).contains(only.get())))
                .limit(Math.max(0, count))
                .iterator();
    }

    /** Not once a rule is broken: the seed that breaks it is run again, then. */
    private void keep(Optional<RunFile> file, long nanos) throws IOException {
        if (file.isEmpty()) {
            return;
        }
        RunFile.Place place;
        lock.lock();
        try {
            if (!failures.isEmpty()) {
                return;
            }
            place = new RunFile.Place(totals.copy(nanos), List.copyOf(running.keySet()), next);
        } finally {
            lock.unlock();
        }
        file.get().write(place);
    }

    private OptionalLong next(PrimitiveIterator.OfLong wanted) {
        lock.lock();
        try {
            if (!wanted.hasNext()) {
                return OptionalLong.empty();
            }
            long seed = wanted.nextLong();
            running.put(seed, System.nanoTime());
            next = Math.max(next, seed + 1);
            return OptionalLong.of(seed);
        } finally {
            lock.unlock();
        }
    }

    private boolean enough() {
        lock.lock();
        try {
            return failures.size() >= MOST_FAILURES_SHOWN;
        } finally {
            lock.unlock();
        }
    }

    private void take(long seed) {
        long start = System.nanoTime();
        try {
            judge(seed, family.run(seed, Optional.empty()));
        } catch (RuntimeException | Error broken) {
            judge(seed, new SwarmResult(seed, 0, 0, Duration.ZERO, new Coverage(), Optional.of(broken)));
        } finally {
            ended(seed, Duration.ofNanos(System.nanoTime() - start));
        }
    }

    private void ended(long seed, Duration took) {
        lock.lock();
        try {
            if (took.compareTo(longest) > 0) {
                longest = took;
                longestSeed = seed;
            }
        } finally {
            lock.unlock();
        }
    }

    /** Those that have run for long by real time. */
    private String laggards() {
        StringJoiner names = new StringJoiner(", ");
        int count = 0;
        for (Map.Entry<Long, Long> entry : running.entrySet()) {
            Duration since = Duration.ofNanos(System.nanoTime() - entry.getValue());
            if (since.compareTo(LONG) > 0) {
                count++;
                names.add(entry.getKey() + " for " + since.toSeconds() + " s");
            }
        }
        return count == 0 ? "" : ", " + count + " running for long: seed " + names;
    }

    private void judge(long seed, SwarmResult result) {
        boolean check = seed % CHECK_ONE_OF == 0 && result.coverage().of("interfered") == 0;
        boolean same = !check || result.failure().isPresent() || repeats(seed, result);
        lock.lock();
        try {
            running.remove(seed);
            totals.add(result, check);
            if (!same) {
                System.out.println("seed " + seed + " does not repeat itself");
            }
            if (result.failure().isPresent() || !same) {
                failures.add(result);
                report(result);
            }
        } finally {
            lock.unlock();
        }
    }

    private boolean repeats(long seed, SwarmResult first) {
        SwarmResult second = family.run(seed, Optional.empty());
        return second.trace() == first.trace() || second.coverage().of("interfered") > 0;
    }

    private void report(SwarmResult result) {
        System.out.println("seed " + result.seed() + " broke a rule: "
                + result.failure().map(Throwable::getMessage).orElse("determinism"));
        System.out.println("  with " + family.describe(result.seed()));
        System.out.println("  again, with trace hash " + Long.toHexString(result.trace()) + ": " + family.command()
                + " -Dseed=" + result.seed());
    }

    private String progress(long nanos) {
        lock.lock();
        try {
            double seconds = nanos / 1e9;
            return String.format(
                    "%d seeds, %.0f/min, %.0f virtual s/s, %.0f k steps/s, %d operations checked, %d views, %d lies, %d failures%s",
                    totals.done,
                    totals.done / seconds * 60,
                    totals.virtualMillis / 1e3 / seconds,
                    totals.steps / seconds / 1e3,
                    totals.coverage.of("operations answered"),
                    totals.coverage.of("views"),
                    totals.coverage.of("lies"),
                    failures.size(),
                    laggards());
        } finally {
            lock.unlock();
        }
    }

    private int summary(long nanos) {
        System.out.println(progress(nanos));
        System.out.println("run twice and equal: " + totals.twice);
        System.out.printf("longest: seed %d, %.1f s%n", longestSeed, longest.toMillis() / 1e3);
        totals.coverage.counts().entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .forEach(entry -> System.out.printf("  %-24s %,d%n", entry.getKey(), entry.getValue()));
        List<String> absent = totals.done >= MANY_SEEDS && only.isEmpty() ? family.absent(totals.coverage) : List.of();
        if (!absent.isEmpty()) {
            System.out.println("never happened in " + totals.done + " seeds, and should have: " + absent);
        }
        System.out.println(failures.isEmpty() ? "every rule held" : failures.size() + " seeds broke a rule");
        return failures.isEmpty() && absent.isEmpty() ? 0 : 1;
    }
}
