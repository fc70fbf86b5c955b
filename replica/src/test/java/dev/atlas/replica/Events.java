package dev.atlas.replica;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import jdk.jfr.Event;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;

/** What an action leaves in the flight recorder. */
public final class Events {

    private Events() {}

    /** What is watched. */
    @FunctionalInterface
    public interface Action {
        void run() throws Exception;
    }

    /** Those of these kinds, however short. */
    public static List<RecordedEvent> of(Set<Class<? extends Event>> kinds, Action action) throws Exception {
        try (Recording recording = new Recording()) {
            kinds.forEach(kind -> recording.enable(kind).withoutThreshold());
            recording.start();
            action.run();
            recording.stop();
            return read(recording);
        }
    }

    private static List<RecordedEvent> read(Recording recording) throws IOException {
        Path file = Files.createTempFile("events", ".jfr");
        try {
            recording.dump(file);
            return RecordingFile.readAllEvents(file);
        } finally {
            Files.delete(file);
        }
    }
}
