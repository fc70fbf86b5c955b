package dev.atlas.it.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.Architectures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Keeps the house as the design draws it; each rule is also shown to fail on a fixture that breaks it. */
class ArchitectureTest {

    private static final JavaClasses PRODUCTION = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.atlas");

    private static final JavaClasses FIXTURE =
            new ClassFileImporter().importPackages("dev.atlas.it.architecture.fixture");

    private static final List<String> LIBRARY =
            List.of("dev.atlas.net..", "dev.atlas.core..", "dev.atlas.exec..", "dev.atlas.replica..");

    /** Calls that take time, threads or chance from anywhere but the environment. */
    private static final Set<String> FORBIDDEN_CALLS = Set.of(
            "java.lang.Thread.sleep",
            "java.lang.Thread.ofVirtual",
            "java.lang.Thread.ofPlatform",
            "java.lang.Thread.startVirtualThread",
            "java.lang.System.nanoTime",
            "java.lang.System.currentTimeMillis",
            "java.time.Instant.now",
            "java.util.concurrent.ThreadLocalRandom.current",
            "java.util.UUID.randomUUID",
            "java.lang.Math.random",
            "java.util.concurrent.ForkJoinPool.commonPool",
            "java.util.Collection.parallelStream",
            "java.util.concurrent.locks.LockSupport.parkNanos",
            "java.util.concurrent.locks.LockSupport.parkUntil");

    private static final Set<String> FORBIDDEN_CLASSES = Set.of(
            "java.util.Random", "java.security.SecureRandom", "java.util.concurrent.Executors", "java.util.Timer");

    private static final Set<String> TIMED_WAITS =
            Set.of("poll", "offer", "await", "tryLock", "tryAcquire", "get", "orTimeout");

    /** The same, where the type of a parameter does not tell them from those without a time. */
    private static final Set<String> OTHER_TIMED_WAITS = Set.of(
            "awaitNanos(long)",
            "awaitUntil(java.util.Date)",
            "wait(long)",
            "wait(long, int)",
            "join(long)",
            "join(long, int)",
            "join(java.time.Duration)");

    @Test
    void modulesDependOneWay() {
        Architectures.layeredArchitecture()
                .consideringOnlyDependenciesInAnyPackage("dev.atlas..")
                .layer("net")
                .definedBy("dev.atlas.net..")
                .layer("core")
                .definedBy("dev.atlas.core..")
                .layer("exec")
                .definedBy("dev.atlas.exec..")
                .layer("replica")
                .definedBy("dev.atlas.replica..")
                .layer("integration-tests")
                .definedBy("dev.atlas.it..")
                .whereLayer("integration-tests")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("replica")
                .mayOnlyBeAccessedByLayers("integration-tests")
                .whereLayer("exec")
                .mayOnlyBeAccessedByLayers("replica", "integration-tests")
                .whereLayer("core")
                .mayOnlyBeAccessedByLayers("exec", "replica", "integration-tests")
                .check(PRODUCTION);
    }

    @Test
    void packagesHaveNoCycles() {
        ArchRule rule = slices().matching("dev.atlas.(**)").should().beFreeOfCycles();
        rule.check(PRODUCTION);
        assertBroken(rule);
    }

    @Test
    void protocolsArePure() {
        pure("dev.atlas.core.ordering..", "dev.atlas.core.types..", "dev.atlas.core.message..")
                .check(PRODUCTION);
        assertBroken(pure("dev.atlas.it.architecture.fixture.."));
    }

    private static ArchRule pure(String... packages) {
        return noClasses()
                .that()
                .resideInAnyPackage(packages)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "java.io..",
                        "java.net..",
                        "java.nio.channels..",
                        "java.nio.file..",
                        "java.util.concurrent..",
                        "org.slf4j..",
                        "dev.atlas.net.env..",
                        "dev.atlas.net.transport..",
                        "dev.atlas.net.concurrent..");
    }

    @Test
    void timeThreadsAndChanceComeFromTheEnvironment() {
        fromTheEnvironment(LIBRARY.toArray(String[]::new)).check(PRODUCTION);
        assertBroken(fromTheEnvironment("dev.atlas.it.architecture.fixture.."));
    }

    private static ArchRule fromTheEnvironment(String... packages) {
        return noClasses()
                .that()
                .resideInAnyPackage(packages)
                .and()
                .doNotHaveFullyQualifiedName("dev.atlas.net.env.SystemEnvironment")
                .and()
                .haveNameNotMatching("dev\\.atlas\\.net\\.env\\.SystemEnvironment\\$.*")
                .should()
                .accessTargetWhere(
                        describe("is time, a thread or chance of the JDK's own", ArchitectureTest::isForbidden));
    }

    private static boolean isForbidden(JavaAccess<?> access) {
        String owner = access.getTargetOwner().getFullName();
        String call = owner + "." + access.getName();
        boolean async = owner.equals("java.util.concurrent.CompletableFuture")
                && access.getName().endsWith("Async");
        return async
                || isTimedWait(access, owner)
                || FORBIDDEN_CALLS.contains(call)
                || FORBIDDEN_CLASSES.contains(owner);
    }

    private static boolean isTimedWait(JavaAccess<?> access, String owner) {
        if (!owner.startsWith("java.")
                || !(access.getTarget()
                        instanceof com.tngtech.archunit.core.domain.AccessTarget.CodeUnitAccessTarget target)) {
            return false;
        }
        List<String> parameters = target.getRawParameterTypes().stream()
                .map(com.tngtech.archunit.core.domain.JavaClass::getFullName)
                .toList();
        return (TIMED_WAITS.contains(access.getName()) && parameters.contains("java.util.concurrent.TimeUnit"))
                || OTHER_TIMED_WAITS.contains(access.getName() + "(" + String.join(", ", parameters) + ")");
    }

    @Test
    void eachTimedWaitIsForbidden() {
        Set<String> found = new TreeSet<>();
        FIXTURE.get("dev.atlas.it.architecture.fixture.Waiting").getAccessesFromSelf().stream()
                .filter(ArchitectureTest::isForbidden)
                .forEach(access -> found.add(access.getName()));
        assertThat(found).containsExactly("awaitNanos", "awaitUntil", "join", "tryLock", "wait");
    }

    @Test
    void noMethodIsSynchronized() {
        ArchRule rule = classes().should(new com.tngtech.archunit.lang.ArchCondition<>("have no synchronized method") {
            @Override
            public void check(
                    com.tngtech.archunit.core.domain.JavaClass type, com.tngtech.archunit.lang.ConditionEvents events) {
                type.getMethods().stream()
                        .filter(method -> method.getModifiers().contains(JavaModifier.SYNCHRONIZED))
                        .forEach(method -> events.add(
                                com.tngtech.archunit.lang.SimpleConditionEvent.violated(method, method.getFullName())));
            }
        });
        rule.check(
                PRODUCTION.that(describe("ours", type -> !type.getPackageName().startsWith("dev.atlas.protos"))));
        assertBroken(rule);
    }

    @Test
    void noBlockIsSynchronized() throws IOException {
        Pattern block = Pattern.compile("\\bsynchronized\\s*\\(");
        assertThat(block.matcher("synchronized (this) {").find()).isTrue();
        for (Path file : mainSources()) {
            assertThat(block.matcher(Files.readString(file)).find())
                    .as("%s", file)
                    .isFalse();
        }
    }

    @Test
    void everyPackageSaysWhatItIsFor() throws IOException {
        for (Path file : mainSources()) {
            Path description = file.resolveSibling("package-info.java");
            assertThat(description).exists();
            assertThat(Files.readString(description)).as("%s", description).contains("@NullMarked");
        }
    }

    private static List<Path> mainSources() throws IOException {
        Path root = Path.of("").toAbsolutePath().getParent();
        try (Stream<Path> files = Files.walk(root)) {
            List<Path> sources = files.filter(file -> file.toString().contains("/src/main/java/")
                            && file.toString().endsWith(".java"))
                    .toList();
            assertThat(sources).hasSizeGreaterThan(50);
            return sources;
        }
    }

    private static void assertBroken(ArchRule rule) {
        assertThatThrownBy(() -> rule.check(FIXTURE)).isInstanceOf(AssertionError.class);
    }
}
