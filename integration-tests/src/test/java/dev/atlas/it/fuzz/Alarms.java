package dev.atlas.it.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Hears of every exception that nobody caught and of every one that was caught where it must not come, which is logged as an error or with its trace. */
final class Alarms implements AutoCloseable {

    private final PrintStream before = System.err;
    private final Thread.UncaughtExceptionHandler handler = Thread.getDefaultUncaughtExceptionHandler();
    private final List<String> raised = new CopyOnWriteArrayList<>();

    Alarms() {
        Thread.setDefaultUncaughtExceptionHandler((thread, thrown) -> raised.add(thread + ": " + thrown));
        System.setErr(new PrintStream(before, true) {
            @Override
            public void println(String line) {
                raise(line);
                super.println(line);
            }

            @Override
            public void println(Object line) {
                raise(String.valueOf(line));
                super.println(line);
            }
        });
    }

    private void raise(String line) {
        if (line.contains("ERROR") || line.contains("Exception") || line.contains("Error:")) {
            raised.add(line);
        }
    }

    void assertSilent() {
        assertThat(raised).isEmpty();
    }

    @Override
    public void close() {
        System.setErr(before);
        Thread.setDefaultUncaughtExceptionHandler(handler);
    }
}
