package dev.atlas.replica.storage;

import dev.atlas.core.application.DivisibleState.PartDescriptor;
import dev.atlas.core.crypto.Signed;
import dev.atlas.core.execution.StateDescriptor;
import dev.atlas.core.message.NewView;
import dev.atlas.core.message.ViewChange;
import dev.atlas.core.ordering.pbft.Start;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.NavigableMap;
import java.util.stream.Stream;

/**
 * Shows and verifies what a stopped replica has on disk: {@code java -cp ... dev.atlas.replica.storage.Inspect <directory>}.
 *
 * <p>Exit code 0 if everything is as it was written and fits together, 1 if not, 2 if it cannot be opened: nothing is there, a replica runs on it, or LevelDB finds its own files too damaged to open them. Signatures are not
 * checked: the keys of the members are not on disk. No record is changed, though LevelDB, as at every start, turns its own log into a table.
 */
public final class Inspect {

    private final PrintStream out;

    private Inspect(PrintStream out) {
        this.out = out;
    }

    public static void main(String[] arguments) {
        String directory = arguments.length == 1 ? arguments[0] : System.getProperty("atlas.inspect.dir", "");
        if (directory.isEmpty() || arguments.length > 1) {
            System.err.println("which directory? Inspect <directory>, or -Datlas.inspect.dir=<directory>");
            System.exit(2);
        }
        System.exit(run(Path.of(directory), System.out, System.err));
    }

    /** Returns the exit code. */
    public static int run(Path directory, PrintStream out, PrintStream err) {
        if (!Files.isDirectory(directory)) {
            err.println("there is no directory " + directory.toAbsolutePath().normalize());
            return 2;
        }
        try (Store store = new LevelDbDisk(directory).openExisting()) {
            Inspection inspection = new Inspection(store);
            inspection.run();
            new Inspect(out).print(directory, inspection);
            return inspection.problems().isEmpty() ? 0 : 1;
        } catch (IOException unusable) {
            err.println(unusable.getMessage());
            return 2;
        }
    }

    private void print(Path directory, Inspection inspection) throws IOException {
        line("directory", directory.toAbsolutePath().normalize() + ", " + files(directory));
        inspection.identity().ifPresent(this::identity);
        inspection
                .newView()
                .ifPresentOrElse(
                        entered -> newView(entered.newView(), entered.viewChanges()),
                        () -> line("view", "0, or none entered since the start"));
        inspection.viewChange().ifPresent(own -> viewChange(own.signed().content()));
        stable(inspection);
        inspection
                .state()
                .ifPresentOrElse(this::state, () -> line("stored state", "none: executed from the beginning"));
        decisions(inspection);
        sizes(inspection);
        problems(inspection);
    }

    private void identity(Identity identity) {
        line(
                "replica",
                identity.replica() + " of cluster \"" + identity.clusterId() + "\", membership "
                        + identity.membership().shortHex());
        line(
                "status",
                switch (identity.status()) {
                    case CREATED -> "created for a new cluster, and never started";
                    case VOTER -> "voter: all it has said is here";
                    case VOLATILE ->
                        "was not closed in order, or runs: what it said last may be missing; a learner at its next start";
                    case LEARNER ->
                        "learner: it may have forgotten what it said, and does not vote until it has caught up";
                });
    }

    private void newView(Signed<NewView> newView, List<Signed<ViewChange>> viewChanges) {
        line(
                "view",
                newView.content().view() + ", by the NEW-VIEW of " + newView.signer() + " with the VIEW-CHANGEs of "
                        + signers(viewChanges) + ", "
                        + newView.content().choices().size() + " slots fixed above "
                        + newView.content().stable());
    }

    private void viewChange(ViewChange own) {
        line(
                "own VIEW-CHANGE",
                "for view " + own.newView() + ": stable " + own.stable() + ", "
                        + own.prepared().size() + " prepared, "
                        + own.prePrepared().size() + " pre-prepared");
    }

    private void stable(Inspection inspection) {
        inspection
                .certificate()
                .ifPresentOrElse(
                        message -> {
                            var checkpoints = message.certificate().checkpoints();
                            var content = checkpoints.getFirst().content();
                            line(
                                    "stable checkpoint",
                                    content.sequence() + ", signed by " + signers(checkpoints) + "; state "
                                            + content.state().shortHex() + ", chain "
                                            + content.chain().shortHex());
                        },
                        () -> line("stable checkpoint", "none but the genesis"));
    }

    private void state(StateDescriptor state) {
        line(
                "stored state",
                "at " + state.sequence() + ", digest " + state.digest().shortHex() + ": "
                        + state.application().size() + " parts of the application, "
                        + bytes(bytes(state.application())) + "; "
                        + state.sessions().size() + " of the sessions, "
                        + bytes(bytes(state.sessions())));
    }

    private void decisions(Inspection inspection) {
        NavigableMap<Long, Formats.Decided> decided = inspection.decided();
        line(
                "decisions",
                decided.isEmpty()
                        ? "none"
                        : decided.size() + ", from " + decided.firstKey() + " to " + decided.lastKey());
        inspection.start().ifPresent(this::start);
    }

    private void start(Start.Recovered start) {
        line(
                "would start",
                (start.votes() ? "as a voter" : "as a learner") + ", with the state at " + start.executed()
                        + " and decisions without a gap up to " + start.head() + ", chain "
                        + start.chain().shortHex());
    }

    private void sizes(Inspection inspection) {
        inspection
                .sizes()
                .forEach((kind, size) -> line(
                        kind.name().toLowerCase(Locale.ROOT).replace('_', ' '),
                        String.format(Locale.ROOT, "%d records, %s", size.records(), bytes(size.bytes()))));
    }

    private void problems(Inspection inspection) {
        if (inspection.problems().isEmpty()) {
            line("verified", "every record matches its checksum, and together they are what a replica can start from");
        } else {
            inspection.problems().forEach(problem -> line("DAMAGED", problem));
            if (inspection.more() > 0) {
                line("DAMAGED", "and " + inspection.more() + " more");
            }
        }
    }

    private static String files(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            long count = 0;
            long bytes = 0;
            for (Path file : files.toList()) {
                count++;
                bytes += file.toFile().length(); // none if LevelDB, which is open, has just deleted it
            }
            return count + " files, " + bytes(bytes);
        }
    }

    private static List<Integer> signers(List<? extends Signed<?>> signed) {
        return signed.stream().map(each -> each.signer().number()).toList();
    }

    private static long bytes(List<PartDescriptor> parts) {
        return parts.stream().mapToLong(PartDescriptor::bytes).sum();
    }

    private static String bytes(long bytes) {
        return bytes < 10_000
                ? bytes + " B"
                : bytes < 10_000_000
                        ? String.format(Locale.ROOT, "%.1f kB", bytes / 1e3)
                        : String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
    }

    private void line(String what, String text) {
        out.printf(Locale.ROOT, "%-18s %s%n", what, text);
    }
}
