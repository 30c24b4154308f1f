package org.ferrohsm.provider;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** The version of this jar, which the build takes from the Cargo workspace: jar and native library must agree on it. */
final class Version {
    private static final String RESOURCE = "version.properties";

    /** For example {@code 0.1.0}. */
    static final String CURRENT = read();

    private Version() {
    }

    private static String read() {
        Properties properties = new Properties();
        try (InputStream in = Version.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException("The FerroHSM jar lacks " + RESOURCE
                    + ". If it was repackaged, keep its resources.");
            }
            properties.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot read " + RESOURCE + " of the FerroHSM jar", e);
        }
        String version = properties.getProperty("version");
        if (version == null) {
            throw new IllegalStateException(RESOURCE + " of the FerroHSM jar names no version");
        }
        return version;
    }
}
