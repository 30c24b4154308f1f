package org.ferrohsm.junit;

import java.security.Security;

/** A test JVM that never comes to {@code close}: starts an HSM, says where it is, and waits for its end. */
final class CrashMain {
    private CrashMain() {
    }

    public static void main(String[] args) throws Exception {
        FerroHsmServer hsm = FerroHsmServer.builder().users("alice").start();
        Security.addProvider(hsm.provider());
        hsm.provider().checkHealth();
        hsm.config("alice");
        if (args[0].equals("paused")) {
            hsm.pause();
        }
        if (args[0].equals("closes")) {
            Runtime.getRuntime().addShutdownHook(new Thread(hsm::close));
        }
        System.out.println(hsm.pid() + " " + hsm.config().getParent());
        if (!args[0].equals("returns")) {
            Thread.sleep(Long.MAX_VALUE);
        }
    }
}
