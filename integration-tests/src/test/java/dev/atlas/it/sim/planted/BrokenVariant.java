package dev.atlas.it.sim.planted;

import java.io.File;
import java.io.IOException;
import java.io.StringWriter;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/** The library with one line changed, loaded apart from the real one. */
final class BrokenVariant implements AutoCloseable {

    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

    private final ChildFirst loader;
    private final Method run;
    private final String family;

    private BrokenVariant(ChildFirst loader, String family) throws ReflectiveOperationException {
        this.loader = loader;
        this.family = family;
        this.run = loader.loadClass("dev.atlas.it.sim.swarm.Judged").getMethod("failure", String.class, long.class);
    }

    /**
     * @throws IllegalArgumentException if the bug does not fit the source any more, or does not compile
     */
    static BrokenVariant of(PlantedBug bug, Path workspace) throws IOException, ReflectiveOperationException {
        String source = Files.readString(ROOT.resolve(bug.source()));
        int place = source.indexOf(bug.original());
        if (place < 0 || source.indexOf(bug.original(), place + 1) >= 0) {
            throw new IllegalArgumentException(
                    bug + ": what it changes does not occur exactly once in " + bug.source());
        }
        Path classes = Files.createDirectories(workspace.resolve(bug.name().replaceAll("\\W+", "-")));
        compile(bug, source.replace(bug.original(), bug.replacement()), classes);
        return new BrokenVariant(new ChildFirst(urls(classes), BrokenVariant.class.getClassLoader()), bug.family());
    }

    /** The rule that a seed found broken, if any. */
    Optional<String> failure(long seed) throws ReflectiveOperationException {
        try {
            return Optional.ofNullable((String) run.invoke(null, family, seed));
        } catch (InvocationTargetException broken) {
            return Optional.of("the run itself failed: " + broken.getCause());
        }
    }

    private static void compile(PlantedBug bug, String source, Path classes) {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter messages = new StringWriter();
        JavaFileObject file =
                new SimpleJavaFileObject(
                        URI.create("string:///" + Path.of(bug.source()).getFileName()), JavaFileObject.Kind.SOURCE) {
                    @Override
                    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                        return source;
                    }
                };
        boolean compiled = compiler.getTask(
                        messages,
                        null,
                        null,
                        List.of(
                                "--release",
                                "21",
                                "-proc:none",
                                "-nowarn",
                                "-d",
                                classes.toString(),
                                "-cp",
                                classPath()),
                        null,
                        List.of(file))
                .call();
        if (!compiled) {
            throw new IllegalArgumentException(bug + " does not compile: " + messages);
        }
    }

    private static String classPath() {
        return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    }

    private static URL[] urls(Path first) throws MalformedURLException {
        List<URL> urls = new ArrayList<>();
        urls.add(first.toUri().toURL());
        for (String entry : classPath().split(File.pathSeparator, -1)) {
            urls.add(Path.of(entry).toUri().toURL());
        }
        return urls.toArray(URL[]::new);
    }

    @Override
    public void close() throws IOException {
        loader.close();
    }

    /** Loads the library itself, and everything else from where it always comes. */
    private static final class ChildFirst extends URLClassLoader {

        ChildFirst(URL[] urls, @Nullable ClassLoader parent) {
            super(urls, parent);
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.startsWith("dev.atlas.")) {
                return super.loadClass(name, resolve);
            }
            synchronized (getClassLoadingLock(name)) {
                Class<?> loaded = findLoadedClass(name);
                return loaded != null ? loaded : findClass(name);
            }
        }
    }
}
