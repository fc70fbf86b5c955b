package dev.atlas.replica.storage.journal;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class DirectorySegmentsTest {

    @TempDir
    Path parent;

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void namesThatCannotBeSyncedAreAnErrorWhereADirectoryCanBeOpened() {
        assertThatThrownBy(() -> DirectorySegments.forceNames(parent.resolve("missing")))
                .isInstanceOf(IOException.class);
        assertThatCode(() -> new DirectorySegments(parent).forceNames()).doesNotThrowAnyException();
    }

    /** There every attempt is refused, as one at a directory that is not there is here. */
    @Test
    void onWindowsNoDirectoryIsOpened() {
        assertThatCode(() -> DirectorySegments.forceNames(parent.resolve("missing"), true))
                .doesNotThrowAnyException();
    }
}
