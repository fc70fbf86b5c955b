package dev.atlas.it.bench;

import dev.atlas.it.bench.picture.Drawing;
import dev.atlas.it.bench.picture.Drawing.Anchor;
import java.util.List;
import java.util.Locale;

/** Unordered reads a second by the number of threads, as bars. */
final class ReadsPicture {

    private static final int LINE_HEIGHT = 34;
    private static final int LEFT = 90;
    private static final int LONGEST = 330;
    private static final int TOP = 62;

    private ReadsPicture() {}

    /**
     * @param p99Millis of the ordered batches beside them
     */
    record Reads(int threads, double perSecond, double p99Millis) {}

    static Drawing of(List<Reads> measured) {
        Drawing drawing = new Drawing(660, TOP + measured.size() * LINE_HEIGHT + 8);
        drawing.text(10, 24, 16, Anchor.START, "Unordered reads beside ordered execution");
        drawing.text(10, 44, 13, Anchor.START, "by threads of the pool; ordered batches arrive at a steady rate");
        double most = measured.stream().mapToDouble(Reads::perSecond).max().orElse(1);
        for (int line = 0; line < measured.size(); line++) {
            Reads reads = measured.get(line);
            double y = TOP + line * LINE_HEIGHT;
            double length = LONGEST * reads.perSecond() / most;
            String threads = reads.threads() == 1 ? "1 thread" : reads.threads() + " threads";
            String figures = String.format(
                    Locale.ROOT, "%,.0f reads/s; ordered p99 %.2f ms", reads.perSecond(), reads.p99Millis());
            drawing.text(LEFT - 10, y + 19, 13, Anchor.END, threads)
                    .box(LEFT, y + 2, length, LINE_HEIGHT - 8, "#66aadd")
                    .text(LEFT + length + 8, y + 19, 13, Anchor.START, figures);
        }
        return drawing;
    }
}
