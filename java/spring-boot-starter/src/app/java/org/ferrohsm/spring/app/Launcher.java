package org.ferrohsm.spring.app;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * Runs {@link App} once for each line of standard input, which has its properties, separated by tabs. It says on a line that
 * begins with {@code @@} at which port, or that it failed. The end of the input ends it.
 */
public final class Launcher {
    private Launcher() {
    }

    /** Without arguments. */
    public static void main(String[] ignored) throws IOException {
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        ConfigurableApplicationContext context = null;
        String line = input.readLine();
        while (line != null) {
            if (context != null) {
                context.close();
                context = null;
            }
            try {
                context = new SpringApplication(App.class).run(line.split("\t"));
                System.out.println("@@port " + context.getEnvironment().getProperty("local.server.port"));
            } catch (RuntimeException e) {
                Throwable cause = e;
                while (cause.getCause() != null) {
                    cause = cause.getCause();
                }
                System.out.println("@@failed " + String.valueOf(cause.getMessage()).lines().findFirst().orElse(""));
            }
            line = input.readLine();
        }
        if (context != null) {
            context.close();
        }
        System.exit(0); // Jetty's threads outlive a start that failed
    }
}
