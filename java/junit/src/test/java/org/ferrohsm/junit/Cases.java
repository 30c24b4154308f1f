package org.ferrohsm.junit;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Runs test classes as a build tool does. */
final class Cases {
    private final Map<String, Throwable> failures = new ConcurrentHashMap<>();
    private final Map<String, Boolean> passed = new ConcurrentHashMap<>();

    private Cases() {
    }

    /** Runs them, at the same time if there are several. */
    static Cases run(Class<?>... classes) {
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
            .selectors(Arrays.stream(classes).map(DiscoverySelectors::selectClass).toList())
            .configurationParameter("junit.jupiter.execution.parallel.enabled", Boolean.toString(classes.length > 1))
            .configurationParameter("junit.jupiter.execution.parallel.mode.default", "concurrent")
            .configurationParameter("junit.jupiter.execution.parallel.config.strategy", "fixed")
            .configurationParameter("junit.jupiter.execution.parallel.config.fixed.parallelism", "6")
            .build();
        Cases cases = new Cases();
        LauncherFactory.create().execute(request, new TestExecutionListener() {
            @Override
            public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                String name = test.getDisplayName().replaceFirst("\\(.*", "");
                result.getThrowable().ifPresentOrElse(problem -> cases.failures.put(name, problem), () -> {
                    if (test.isTest()) {
                        cases.passed.put(test.getUniqueId(), true);
                    }
                });
            }
        });
        return cases;
    }

    int passed() {
        return passed.size();
    }

    /** What was thrown, by the method's name. */
    Map<String, Throwable> failures() {
        return failures;
    }

    /** What was thrown, in full, for a message. */
    String story() {
        StringWriter text = new StringWriter();
        failures.forEach((name, problem) -> {
            text.append(name).append(": ");
            problem.printStackTrace(new PrintWriter(text, true));
        });
        return text.toString();
    }
}
