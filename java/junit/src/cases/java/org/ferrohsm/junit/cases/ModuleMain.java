package org.ferrohsm.junit.cases;

import org.ferrohsm.junit.FerroHsmServer;

/** What a test suite with a module-info does: the API is in a named module, the binary is not. */
public final class ModuleMain {
    private ModuleMain() {
    }

    /** With a latency, as the proxy's address is in question where the JVM prefers IPv6. */
    public static void main(String[] ignored) {
        try (FerroHsmServer hsm = FerroHsmServer.builder().latency(java.time.Duration.ofMillis(1)).start()) {
            hsm.provider().checkHealth();
            System.out.println(FerroHsmServer.class.getModule().getName());
        }
    }
}
