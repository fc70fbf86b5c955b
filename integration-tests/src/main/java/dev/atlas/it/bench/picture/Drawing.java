package dev.atlas.it.bench.picture;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** A drawing on white ground, legible whatever is around it. Lengths are pixels. */
public final class Drawing {

    private final StringBuilder elements = new StringBuilder();
    private final int width;
    private final int height;

    public Drawing(int width, int height) {
        this.width = width;
        this.height = height;
        box(0, 0, width, height, "#ffffff");
    }

    /** Where a text begins, or ends, or has its middle. */
    public enum Anchor {
        START,
        MIDDLE,
        END
    }

    /**
     * @param colour as #rrggbb
     */
    public Drawing box(double x, double y, double boxWidth, double boxHeight, String colour) {
        elements.append(String.format(
                Locale.ROOT,
                "  <rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>%n",
                x,
                y,
                boxWidth,
                boxHeight,
                colour));
        return this;
    }

    public Drawing text(double x, double y, int size, Anchor anchor, String text) {
        elements.append(String.format(
                Locale.ROOT,
                "  <text x=\"%.1f\" y=\"%.1f\" font-size=\"%d\" text-anchor=\"%s\">%s</text>%n",
                x,
                y,
                size,
                anchor.name().toLowerCase(Locale.ROOT),
                escaped(text)));
        return this;
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }

    /** Writes the drawing; makes the directory if there is none. */
    public Path write(Path directory, String name) throws IOException {
        String svg = String.format(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" "
                        + "font-family=\"sans-serif\" fill=\"#222222\">%n%s</svg>%n",
                width, height, width, height, elements);
        return Files.writeString(Files.createDirectories(directory).resolve(name), svg)
                .toAbsolutePath();
    }
}
