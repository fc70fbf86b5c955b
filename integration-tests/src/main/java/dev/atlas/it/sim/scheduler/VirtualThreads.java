package dev.atlas.it.sim.scheduler;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Constructor;
import java.util.concurrent.Executor;

/**
 * Makes virtual threads that run on a given executor instead of the JDK's pool.
 *
 * <p>The JDK keeps that constructor for its own tests; it needs {@code --add-opens java.base/java.lang=ALL-UNNAMED}. Whoever runs such a thread must hold no
 * monitor: the JVM takes the monitors of a carrier for those of the virtual thread that parks on it, and crashes.
 */
final class VirtualThreads {

    private static final MethodHandle BUILDER = builder();

    private VirtualThreads() {}

    static Thread unstarted(Executor executor, String name, Runnable task) {
        try {
            return ((Thread.Builder.OfVirtual) BUILDER.invoke(executor))
                    .name(name)
                    .unstarted(task);
        } catch (RuntimeException | Error failure) {
            throw failure;
        } catch (Throwable impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static MethodHandle builder() {
        try {
            Constructor<?> constructor = Class.forName("java.lang.ThreadBuilders$VirtualThreadBuilder")
                    .getDeclaredConstructor(Executor.class);
            constructor.setAccessible(true);
            return MethodHandles.lookup()
                    .unreflectConstructor(constructor)
                    .asType(MethodType.methodType(Object.class, Executor.class));
        } catch (ReflectiveOperationException | RuntimeException refused) {
            throw new IllegalStateException(
                    "a simulation needs `--add-opens java.base/java.lang=ALL-UNNAMED` on the command line of java",
                    refused);
        }
    }
}
