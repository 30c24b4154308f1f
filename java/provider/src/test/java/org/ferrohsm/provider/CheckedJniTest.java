package org.ferrohsm.provider;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;

/**
 * The native library uses JNI as the JVM wants it: these tests run again in a JVM that checks every JNI call, and it has
 * nothing to say.
 */
class CheckedJniTest {
    /** Tests that start other JVMs, wait for times to pass or prove nothing about JNI. */
    private static final String LEFT_OUT = ".*\\.(CheckedJni|Https|Keytool|Jarsigner|JavaDoc|MemoryScan|LoginLifetime"
        + "|NativeLibrary|Position|Reconnect|Names|Version)Test";
    private static final Pattern FINDING =
        Pattern.compile("(?m)^.*(in native method|JNI call|JNI local refs|JNI handle|exceeds capacity).*$");
    private static final Pattern RAN = Pattern.compile("\\[\\s*(\\d+) tests (successful|failed)\\s*]");

    @Test
    void theJvmFindsNoMisuse() throws Exception {
        ForkedJvm jvm = new ForkedJvm().within(600).option("-Xcheck:jni", "-Xmx512m");
        for (String property : List.of("ferrohsm.test.server", "ferrohsm.test.cli", "ferrohsm.test.jar")) {
            jvm.option("-D" + property + '=' + System.getProperty(property));
        }
        ForkedJvm.Result result = jvm.run(Class.forName("org.junit.platform.console.ConsoleLauncher"), "execute",
            "--disable-banner", "--disable-ansi-colors", "--details=summary", "--fail-if-no-tests",
            "--select-package=org.ferrohsm.provider", "--include-classname=org\\.ferrohsm\\.provider\\.[^.]*Test",
            "--exclude-classname=" + LEFT_OUT);
        assertEquals(0, result.code(), result.output());
        Matcher ran = RAN.matcher(result.output());
        assertTrue(ran.find() && Integer.parseInt(ran.group(1)) > 100, result.output());
        System.out.println("-Xcheck:jni on JDK " + Runtime.version().feature() + ": " + ran.group());
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
