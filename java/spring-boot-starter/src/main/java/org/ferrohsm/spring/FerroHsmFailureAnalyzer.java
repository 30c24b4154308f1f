package org.ferrohsm.spring;

import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.core.Ordered;

/**
 * Says in a few lines that an application could not start because of FerroHSM, why, and what to do. Spring Boot finds it
 * through {@code META-INF/spring.factories}.
 */
final class FerroHsmFailureAnalyzer implements FailureAnalyzer, Ordered {
    private static final String OURS = "org.ferrohsm.";
    private static final Pattern ADDRESS = Pattern.compile("(?<=[(]|; )[\\w.\\-\\[\\]:]+:\\d{1,5}(?=: )");

    /** What a message has in it, and what the user can do about it in a Spring application. */
    private record Advice(String message, String description, String action) {
    }

    private static final List<Advice> ADVICE = List.of(
        new Advice("no HSM could be reached", "FerroHSM could not be reached",
            "Check that hsm-server runs there, that the network lets this machine through, and `addresses` in the client"
                + " configuration (ferrohsm.config)."),
        new Advice("no client configuration", "FerroHSM has no client configuration",
            "Set ferrohsm.config to the path of a client.toml. For a try, `hsm-server dev --dir DIR` makes DIR/client.toml."),
        new Advice("No such file or directory", "FerroHSM misses a file",
            "Correct ferrohsm.config, or the path in the client configuration that it names."),
        new Advice("user name or password is wrong", "FerroHSM refused the login",
            "Correct ferrohsm.user and ferrohsm.password, or user and password in the client configuration. Five different"
                + " wrong passwords lock a user."),
        new Advice("not logged in", "FerroHSM knows no user to log in",
            "Set ferrohsm.user and ferrohsm.password, or user and password in the client configuration."));

    /** Before Boot's own, one of which takes any failure to start Tomcat for a port in use. */
    @Override
    public int getOrder() {
        return Ordered.HIGHEST_PRECEDENCE;
    }

    @Override
    public FailureAnalysis analyze(Throwable failure) {
        Throwable ours = null;
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (isOurs(cause)) {
                ours = cause;
            }
        }
        if (ours == null) {
            return null;
        }
        String message = String.valueOf(ours.getMessage());
        for (Advice advice : ADVICE) {
            if (message.contains(advice.message())) {
                return new FailureAnalysis(advice.description() + because(message), advice.action(), failure);
            }
        }
        return new FailureAnalysis("FerroHSM: " + message, "FerroHSM's docs/troubleshooting.md lists messages and what to do.",
            failure);
    }

    /** The addresses that the message complains of, and what it says of them; of a message without addresses all. */
    private static String because(String message) {
        List<String> addresses = ADDRESS.matcher(message).results().map(MatchResult::group).distinct().toList();
        if (addresses.isEmpty()) {
            return "; " + message;
        }
        String causes = message.substring(message.indexOf('(' + addresses.get(0)) + 1, message.length() - 1);
        return " at " + String.join(", ", addresses) + "; "
            + (addresses.size() == 1 ? causes.replace(addresses.get(0) + ": ", "") : causes);
    }

    /** Whether the provider, its native library or the starter threw it. */
    private static boolean isOurs(Throwable thrown) {
        StackTraceElement[] trace = thrown.getStackTrace();
        return trace.length > 0 && trace[0].getClassName().startsWith(OURS);
    }
}
