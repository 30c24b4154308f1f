package org.ferrohsm.spring;

import java.util.List;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.core.Ordered;
import org.springframework.core.env.Environment;

/**
 * Says how to make a key, when the web server's keys are in the HSM and none is there yet, or not under that alias. Spring Boot
 * finds it through {@code META-INF/spring.factories}.
 */
final class MissingKeyFailureAnalyzer implements FailureAnalyzer, Ordered {
    /** What Tomcat, Boot and the starter say then. */
    private static final List<String> MESSAGES = List.of("No aliases for private keys found in key store",
        "Keystore does not contain", "does not identify a key entry");

    private final Environment environment;

    MissingKeyFailureAnalyzer(Environment environment) {
        this.environment = environment;
    }

    /** Before Boot's own, one of which takes any failure to start Tomcat for a port in use. */
    @Override
    public int getOrder() {
        return Ordered.HIGHEST_PRECEDENCE;
    }

    @Override
    public FailureAnalysis analyze(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            String message = String.valueOf(cause.getMessage());
            if (MESSAGES.stream().anyMatch(message::contains) && serversKeysAreInHsm()) {
                return new FailureAnalysis("The web server's key is not in FerroHSM: " + message,
                    "`keytool -list` shows the aliases of the user who logs in; they are case-sensitive, and a key counts only"
                        + " with a certificate. docs/java.md has the commands that make a key and a certificate.", failure);
            }
        }
        return null;
    }

    private boolean serversKeysAreInHsm() {
        String bundle = environment.getProperty("server.ssl.bundle");
        String store = bundle == null ? "server.ssl.key-store-" : "spring.ssl.bundle.jks." + bundle + ".keystore.";
        return "FERROHSM".equalsIgnoreCase(environment.getProperty(store + "type"))
            || "FerroHSM".equals(environment.getProperty(store + "provider"));
    }
}
