package org.ferrohsm.provider;

import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Builds a {@link FerroHsmLoggingConfig}, which tells what becomes of it. Not thread-safe.
 *
 * <pre>{@code
 * FerroHsmLoggingConfig logging = FerroHsmLoggingConfig.builder()
 *     .withLogType("file").withLogFile("/var/log/hsm.log").withLogLevel("warn").withLogInterval("daily").build();
 * }</pre>
 */
public final class FerroHsmLoggingConfigBuilder {
    private final Map<String, String> settings = new TreeMap<>();

    FerroHsmLoggingConfigBuilder() {
    }

    /**
     * A file for the log.
     *
     * @param path path of the file
     * @return this builder
     */
    public FerroHsmLoggingConfigBuilder withLogFile(String path) {
        settings.put("log file", path);
        return this;
    }

    /**
     * How much is logged.
     *
     * @param level its name, in any case
     * @return this builder
     * @throws IllegalArgumentException unless it is {@code off}, {@code error}, {@code warn}, {@code info}, {@code debug} or
     *     {@code trace}
     */
    public FerroHsmLoggingConfigBuilder withLogLevel(String level) {
        return with("log level", level, Set.of("off", "error", "warn", "info", "debug", "trace"));
    }

    /**
     * How often a new file is begun.
     *
     * @param interval its name, in any case
     * @return this builder
     * @throws IllegalArgumentException unless it is {@code never}, {@code hourly}, {@code daily} or {@code weekly}
     */
    public FerroHsmLoggingConfigBuilder withLogInterval(String interval) {
        return with("log interval", interval, Set.of("never", "hourly", "daily", "weekly"));
    }

    /**
     * Where the log goes.
     *
     * @param type its name, in any case
     * @return this builder
     * @throws IllegalArgumentException unless it is {@code file} or {@code term}
     */
    public FerroHsmLoggingConfigBuilder withLogType(String type) {
        return with("log type", type, Set.of("file", "term"));
    }

    private FerroHsmLoggingConfigBuilder with(String name, String value, Set<String> known) {
        if (value == null || !known.contains(value.toLowerCase(Locale.ROOT))) {
            throw new IllegalArgumentException("There is no " + name + ' ' + value + ": one of " + known);
        }
        settings.put(name, value);
        return this;
    }

    /**
     * The settings.
     *
     * @return what was built
     */
    public FerroHsmLoggingConfig build() {
        StringBuilder text = new StringBuilder();
        settings.forEach((name, value) -> text.append(text.length() == 0 ? "" : ", ").append(name).append(' ')
            .append(value));
        return new FerroHsmLoggingConfig(text.toString());
    }
}
