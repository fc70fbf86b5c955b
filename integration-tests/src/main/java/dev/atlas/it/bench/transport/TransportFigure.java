package dev.atlas.it.bench.transport;

import dev.atlas.it.bench.transport.TransportSettings.Processes;
import dev.atlas.it.bench.transport.TransportSettings.Topology;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** The medians as a picture: bars for messages a second, with the processor time of each beside them. */
final class TransportFigure {

    private static final int WIDTH = 860;
    private static final int LABEL = 130;
    private static final int BAR = 20;
    private static final int GAP = 8;
    private static final int HEAD = 46;
    private static final int TITLE = 34;
    private static final int FOOT = 34;
    /** Room to the right of the longest bar. */
    private static final int FIGURES = 250;

    private final StringBuilder svg = new StringBuilder();
    private int y = HEAD;

    private TransportFigure() {}

    static Path write(Path directory, String settings, Processes processes, List<TransportRow> rows)
            throws IOException {
        String name = "transport-" + processes.name().toLowerCase(Locale.ROOT) + ".svg";
        return Files.writeString(
                        Files.createDirectories(directory).resolve(name),
                        new TransportFigure().draw(settings, processes, rows))
                .toAbsolutePath();
    }

    private String draw(String settings, Processes processes, List<TransportRow> rows) {
        for (Topology topology : Topology.values()) {
            List<TransportRow> bars =
                    rows.stream().filter(row -> row.topology() == topology).toList();
            if (!bars.isEmpty()) {
                group(topology, bars);
            }
        }
        int height = y + FOOT;
        String where = processes == Processes.ONE ? "one JVM" : "a JVM for each node";
        return String.format(
                        Locale.ROOT,
                        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\""
                                + " font-family=\"sans-serif\" font-size=\"13\">%n"
                                + "<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>%n",
                        WIDTH,
                        height,
                        WIDTH,
                        height,
                        WIDTH,
                        height)
                + text(16, 26, "#111111", "font-size=\"16\" font-weight=\"bold\"", "Messages a second, " + where)
                + svg
                + text(16, height - 12, "#666666", "font-size=\"10\"", settings)
                + "</svg>\n";
    }

    private void group(Topology topology, List<TransportRow> rows) {
        String title = topology == Topology.PAIR ? "one node to another" : "four nodes, all to all";
        svg.append(text(16, y + 20, "#333333", "font-weight=\"bold\"", title));
        y += TITLE;
        double most =
                rows.stream().mapToDouble(TransportRow::messagesPerSecond).max().orElseThrow();
        for (TransportRow row : rows) {
            int length = (int) ((WIDTH - LABEL - FIGURES) * row.messagesPerSecond() / most);
            svg.append(text(16, y + 15, "#333333", "", row.contender().label()));
            svg.append(String.format(
                    Locale.ROOT,
                    "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\"/>%n",
                    LABEL,
                    y,
                    length,
                    BAR,
                    colour(row.contender())));
            svg.append(text(
                    LABEL + length + 8,
                    y + 15,
                    "#333333",
                    "",
                    String.format(
                            Locale.ROOT,
                            "%.2f M/s, %.2f \u00b5s CPU, p99 %s",
                            row.messagesPerSecond() / 1e6,
                            row.cpuMicros(),
                            duration(row.micros(99)))));
            y += BAR + GAP;
        }
        y += GAP;
    }

    private static String duration(double micros) {
        return micros < 10_000
                ? String.format(Locale.ROOT, "%.0f \u00b5s", micros)
                : String.format(Locale.ROOT, "%.0f ms", micros / 1000);
    }

    private static String colour(Contender contender) {
        return switch (contender) {
            case ATLAS -> "#2a6fb0";
            case ATLAS_TLS -> "#6fa8d6";
            case NETTY_NIO, NETTY_EPOLL -> "#c9803c";
            case BARE -> "#999999";
        };
    }

    private static String text(int x, int y, String colour, String style, String content) {
        return String.format(
                Locale.ROOT, "<text x=\"%d\" y=\"%d\" fill=\"%s\" %s>%s</text>%n", x, y, colour, style, content);
    }
}
