package dev.atlas.it.bench.execution;

import dev.atlas.it.bench.picture.Drawing;
import dev.atlas.it.bench.picture.Drawing.Anchor;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** The grid: a table for each number of threads and each way, coloured by how much faster than sequential execution it was. */
final class GridPicture {

    private static final int CELL_WIDTH = 58;
    private static final int CELL_HEIGHT = 34;
    private static final int LEFT = 70;
    private static final int TOP = 74;
    private static final int GAP = 22;
    private static final int TEXT = 13;

    private GridPicture() {}

    static Drawing of(GridSettings settings, List<Row> rows) {
        int panelWidth = settings.costsMicros().size() * CELL_WIDTH + GAP;
        int panelHeight = settings.conflictsPercent().size() * CELL_HEIGHT + 62;
        Drawing drawing = new Drawing(LEFT + settings.threads().size() * panelWidth, TOP + 2 * panelHeight + 4);
        drawing.text(10, 22, 16, Anchor.START, "Speculative execution: times as fast as sequential execution");
        drawing.text(
                10,
                42,
                TEXT,
                Anchor.START,
                "columns: computation of an operation, in microseconds; rows: share of the operations that update one hot key");
        for (int panel = 0; panel < settings.threads().size(); panel++) {
            int threads = settings.threads().get(panel);
            List<Row> its =
                    rows.stream().filter(row -> row.threads() == threads).toList();
            int x = LEFT + panel * panelWidth;
            String name = threads == 1 ? "1 thread" : threads + " threads";
            panel(drawing, settings, its, x, TOP, name + ", adaptive", Row::adaptiveRatio);
            panel(drawing, settings, its, x, TOP + panelHeight, name + ", always", Row::alwaysRatio);
        }
        return drawing;
    }

    private static void panel(
            Drawing drawing,
            GridSettings settings,
            List<Row> rows,
            int x,
            int y,
            String name,
            ToDoubleFunction<Row> figure) {
        drawing.text(x, y, TEXT + 1, Anchor.START, name);
        for (int column = 0; column < settings.costsMicros().size(); column++) {
            double middle = x + (column + 0.5) * CELL_WIDTH;
            double cost = settings.costsMicros().get(column);
            String label = cost == Math.rint(cost) ? Long.toString(Math.round(cost)) : Double.toString(cost);
            drawing.text(middle, y + 20, TEXT, Anchor.MIDDLE, label + " µs");
        }
        for (int line = 0; line < settings.conflictsPercent().size(); line++) {
            int conflict = settings.conflictsPercent().get(line);
            double top = y + 28 + line * CELL_HEIGHT;
            if (x == LEFT) {
                drawing.text(LEFT - 8, top + 21, TEXT, Anchor.END, conflict + " %");
            }
            for (int column = 0; column < settings.costsMicros().size(); column++) {
                double cost = settings.costsMicros().get(column);
                double left = x + column * CELL_WIDTH;
                rows.stream()
                        .filter(row -> row.costMicros() == cost && row.conflictPercent() == conflict)
                        .forEach(row -> {
                            double ratio = figure.applyAsDouble(row);
                            drawing.box(left, top, CELL_WIDTH - 2, CELL_HEIGHT - 2, colour(ratio));
                            String text = String.format(Locale.ROOT, row.isTrustworthy() ? "%.2f" : "(%.2f)", ratio);
                            drawing.text(left + CELL_WIDTH / 2.0 - 1, top + 21, TEXT, Anchor.MIDDLE, text);
                        });
            }
        }
    }

    /** From red, half as fast, over white to blue, four times as fast. */
    private static String colour(double ratio) {
        double octaves = Math.clamp(Math.log(Math.max(ratio, 0.01)) / Math.log(2), -1, 2);
        return octaves < 0 ? mix(0xee8866, -octaves) : mix(0x66aadd, octaves / 2);
    }

    private static String mix(int colour, double share) {
        StringBuilder hexadecimal = new StringBuilder("#");
        for (int shift = 16; shift >= 0; shift -= 8) {
            int part = (colour >> shift) & 0xff;
            hexadecimal.append(String.format("%02x", Math.round(255 + (part - 255) * share)));
        }
        return hexadecimal.toString();
    }
}
