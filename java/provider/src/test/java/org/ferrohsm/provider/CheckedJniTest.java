package org.ferrohsm.provider;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.io.TempDir;

/**
 * The native library uses JNI as the JVM wants it: these tests run again in a JVM that checks every JNI call, and it has
 * nothing to say. Published vectors, in another package, are left out: they cross into native code where these do.
 */
class CheckedJniTest {
    /** Tests that start other JVMs, wait for times to pass or prove nothing about JNI. */
    private static final String LEFT_OUT = ".*\\.(CheckedJni|CloudHsmMove|Https|Keytool|Jarsigner|JavaDoc|MemoryScan"
        + "|LoginLifetime|NativeLibrary|Position|Reconnect|Names|Version|WrongPassword)Test";
    /** Tests that repeat others' calls, with more data or until a dead HSM is given up. */
    private static final String REPETITIONS = ".*(Megabytes|UpToItsLimit|HsmIsDown).*";
    private static final Pattern FINDING =
        Pattern.compile("(?m)^.*(in native method|JNI call|JNI local refs|JNI handle|exceeds capacity).*$");
    private static final Pattern CALLED =
        Pattern.compile(" org\\.ferrohsm\\.provider\\.HsmNative::(\\w+) \\(native\\)");
    private static final Pattern RAN = Pattern.compile("\\[\\s*(\\d+) tests (successful|failed)\\s*]");

    @TempDir
    Path directory;

    @Test
    void theJvmFindsNoMisuse() throws Exception {
        Path compiled = directory.resolve("compiled.log");
        // A native method is compiled when it is called first, which is logged.
        ForkedJvm jvm = new ForkedJvm().within(600).option("-Xcheck:jni", "-Xmx512m", "-XX:CompileCommand=quiet",
            "-XX:CompileCommand=CompileThresholdScaling," + HsmNative.class.getName() + "::*,0.0001",
            "-Xlog:jit+compilation=debug:file=" + compiled + "::filecount=0");
        for (String property : List.of("ferrohsm.test.server", "ferrohsm.test.cli", "ferrohsm.test.jar")) {
            jvm.option("-D" + property + '=' + System.getProperty(property));
        }
        ForkedJvm.Result result = jvm.run(Class.forName("org.junit.platform.console.ConsoleLauncher"), "execute",
            "--disable-banner", "--disable-ansi-colors", "--details=summary", "--fail-if-no-tests",
            "--select-package=org.ferrohsm.provider", "--include-classname=org\\.ferrohsm\\.provider\\.[^.]*Test",
            "--exclude-classname=" + LEFT_OUT, "--exclude-methodname=" + REPETITIONS);
        assertEquals(0, result.code(), result.output());
        Matcher ran = RAN.matcher(result.output());
        assertTrue(ran.find() && Integer.parseInt(ran.group(1)) > 100, result.output());
        Set<String> natives = Arrays.stream(HsmNative.class.getDeclaredMethods())
            .filter(method -> Modifier.isNative(method.getModifiers())).map(Method::getName)
            .collect(Collectors.toCollection(TreeSet::new));
        System.out.println("-Xcheck:jni on JDK " + Runtime.version().feature() + ": " + ran.group() + ", "
            + natives.size() + " native methods");
        CALLED.matcher(Files.readString(compiled)).results().forEach(called -> natives.remove(called.group(1)));
        assertEquals(Set.of(), natives, "native methods that nothing called");
        assertNothingFound(result);
    }

    private static void assertNothingFound(ForkedJvm.Result result) {
        assertEquals(List.of(), FINDING.matcher(result.output()).results().map(found -> found.group()).toList());
    }

    /** Answers then come from threads of the library's own. */
    @Test
    @EnabledForJreRange(min = JRE.JAVA_21)
    void norWithVirtualThreads() throws Exception {
        try (DevHsm hsm = DevHsm.start("fips")) {
            ForkedJvm.Result result = new ForkedJvm().option("-Xcheck:jni").run(VirtualThreadMain.class,
                hsm.configWith("patient", "^timeout-ms", "timeout-ms = 60000").toString(), Long.toString(hsm.pid()));
            assertEquals(0, result.code(), result.output());
            assertNothingFound(result);
        }
    }
}
