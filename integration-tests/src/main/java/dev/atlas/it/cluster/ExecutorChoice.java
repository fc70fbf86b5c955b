package dev.atlas.it.cluster;

import dev.atlas.exec.divisible.MultiThreadedDivisibleExecutor;
import dev.atlas.exec.divisible.SingleThreadedDivisibleExecutor;
import dev.atlas.exec.executor.ExecutorFactory;
import dev.atlas.exec.monolithic.MultiThreadedMonolithicExecutor;
import dev.atlas.exec.monolithic.SingleThreadedMonolithicExecutor;
import dev.atlas.exec.speculative.SpeculationSettings;
import dev.atlas.exec.state.KeyValueStore;
import java.util.Arrays;
import java.util.Locale;

/** Which of the four executors runs the store: the only line that differs. */
public enum ExecutorChoice {
    SINGLE_MONOLITHIC,
    MULTI_MONOLITHIC,
    SINGLE_DIVISIBLE,
    MULTI_DIVISIBLE;

    public ExecutorFactory of(KeyValueStore store) {
        SpeculationSettings speculation =
                SpeculationSettings.adaptive(Runtime.getRuntime().availableProcessors());
        return switch (this) {
            case SINGLE_MONOLITHIC -> SingleThreadedMonolithicExecutor.of(store);
            case MULTI_MONOLITHIC -> MultiThreadedMonolithicExecutor.of(store, speculation);
            case SINGLE_DIVISIBLE -> SingleThreadedDivisibleExecutor.of(store);
            case MULTI_DIVISIBLE -> MultiThreadedDivisibleExecutor.of(store, speculation);
        };
    }

    public String text() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    public static ExecutorChoice named(String name) {
        return Arrays.stream(values())
                .filter(choice -> choice.text().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("there is no executor '" + name
                        + "'; there are "
                        + Arrays.stream(values()).map(ExecutorChoice::text).toList()));
    }
}
