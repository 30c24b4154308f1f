package org.ferrohsm.junit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.Security;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.ferrohsm.provider.FerroHsmProvider;

/**
 * A throwaway HSM: a real {@code hsm-server} process on a free loopback port, with a dev cluster of its own. For JUnit Jupiter
 * there is {@link FerroHsm}; this class needs no test framework.
 *
 * <pre>{@code
 * try (FerroHsmServer hsm = FerroHsmServer.start()) {
 *     KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", hsm.provider());
 *     KeyPair pair = generator.generateKeyPair();
 *     ...
 * }
 * }</pre>
 *
 * <p>{@link #close} ends the process and deletes its files. When the JVM ends without it, the HSM does so itself, also after
 * {@code kill -9}.
 *
 * <p>Faults: {@link #kill}, {@link #pause} and {@link #resume}, {@link #restart}, {@link #setLatency}. Methods throw an
 * {@link IllegalStateException} that says what to do if the process does not do as it should, and an
 * {@link UncheckedIOException} if a file cannot be read or written. Thread-safe.
 */
public final class FerroHsmServer implements AutoCloseable {
    /** Name of the crypto user that every HSM has. */
    public static final String DEFAULT_USER = "app";

    private final List<String> users;
    private final ServerProcess process;
    private final LatencyProxy proxy;
    private final ClientConfigs configs;
    private final Map<String, FerroHsmProvider> providers = new HashMap<>();
    private final Thread hook = new Thread(this::end, "ferrohsm-server-end");
    private volatile boolean closed;

    private FerroHsmServer(Builder options) throws IOException {
        users = List.copyOf(options.users);
        process = ServerProcess.start(options.mode, users);
        LatencyProxy made = null;
        try {
            made = options.latency.isZero() ? null : LatencyProxy.start(process.port(), options.latency);
            configs = new ClientConfigs(process.directory(), made == null ? process.port() : made.port());
            // For Ctrl-C, which ends the HSM before it can see that this JVM is gone.
            Runtime.getRuntime().addShutdownHook(hook);
        } catch (IOException | RuntimeException e) {
            if (made != null) {
                made.close();
            }
            process.close();
            throw e;
        }
        proxy = made;
    }

    /**
     * An HSM with a cluster in FIPS mode and the user {@value #DEFAULT_USER}.
     *
     * @return the HSM, ready
     * @throws IllegalStateException if there is no {@code hsm-server} to start, or it does not get ready; with what to do
     */
    public static FerroHsmServer start() {
        return builder().start();
    }

    /**
     * For an HSM with options.
     *
     * @return a builder with the defaults
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * The provider of {@value #DEFAULT_USER}: {@link #provider(String)}.
     *
     * @return always the same one
     */
    public FerroHsmProvider provider() {
        return provider(DEFAULT_USER);
    }

    /**
     * The provider of a user, always the same one. It logs in at first use. It is not installed in the JVM; if the test does
     * that, {@link #close} removes it. Its name is another one for each HSM and user.
     *
     * @param user {@value #DEFAULT_USER} or one of {@link Builder#users}
     * @return the provider
     * @throws IllegalArgumentException if the HSM was not started with that user
     */
    public synchronized FerroHsmProvider provider(String user) {
        return providers.computeIfAbsent(folded(user), name -> new FerroHsmProvider(config(name).toString()));
    }

    /**
     * The KeyStore of {@value #DEFAULT_USER}: {@link #keyStore(String)}.
     *
     * @return a new one each time
     * @throws IllegalStateException if it cannot be loaded, for example because the HSM was killed
     */
    public KeyStore keyStore() {
        return keyStore(DEFAULT_USER);
    }

    /**
     * A user's KeyStore, of type {@code FERROHSM}. Its entries are the user's token keys.
     *
     * @param user {@value #DEFAULT_USER} or one of {@link Builder#users}
     * @return a new one each time, loaded
     * @throws IllegalArgumentException if the HSM was not started with that user
     * @throws IllegalStateException if it cannot be loaded, for example because the HSM was killed
     */
    public KeyStore keyStore(String user) {
        try {
            KeyStore store = KeyStore.getInstance(FerroHsmProvider.FERROHSM_KEYSTORE_TYPE, provider(user));
            store.load(null, null);
            return store;
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("The KeyStore of " + user + " cannot be loaded: " + e.getMessage(), e);
        }
    }

    /**
     * The client configuration of {@value #DEFAULT_USER}: {@link #config(String)}.
     *
     * @return an absolute path
     */
    public Path config() {
        return config(DEFAULT_USER);
    }

    /**
     * A user's client configuration, for {@code -Dferrohsm.config} of another JVM, or {@code ferrohsm --config}. It stays the
     * same over a {@link #restart}.
     *
     * @param user {@value #DEFAULT_USER} or one of {@link Builder#users}
     * @return an absolute path
     * @throws IllegalArgumentException if the HSM was not started with that user
     */
    public Path config(String user) {
        String name = folded(user);
        if (!name.equals(DEFAULT_USER) && !users.contains(name)) {
            throw new IllegalArgumentException("This HSM has no user \"" + user + "\": name it when the HSM is started,"
                + " @FerroHsm(users = \"" + user + "\") or builder().users(\"" + user + "\")");
        }
        if (closed) {
            throw new IllegalStateException("This HSM is closed: start another one");
        }
        try {
            return configs.of(name);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** As the HSM does it: {@code Alice} and {@code alice} are one user. */
    private static String folded(String user) {
        return user.toLowerCase(Locale.ROOT);
    }

    /**
     * The loopback port that clients connect to.
     *
     * @return that of the HSM, or of the proxy in front of it if there is a latency
     */
    public int port() {
        return configs.port();
    }

    /**
     * The process id of the HSM, also of one that was killed.
     *
     * @return another one after a {@link #restart}
     */
    public long pid() {
        return process.pid();
    }

    /**
     * What the HSM has logged so far, over all its starts.
     *
     * @return lines of text, at most 1 MiB of each start
     */
    public String log() {
        try {
            return process.log();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Ends the HSM by SIGKILL, without a chance to end in order. {@link #restart} starts it again. A call meanwhile keeps trying
     * to reach the HSM until its deadline, {@code timeout-ms} of the configuration (10 s by default), before it fails.
     */
    public void kill() {
        process.kill();
    }

    /**
     * Stops the HSM's threads (SIGSTOP): connections stay open and nobody answers. Until {@link #resume}, {@link #restart} or
     * {@link #close}.
     *
     * @throws IllegalStateException if the HSM does not run
     */
    public void pause() {
        process.pause();
    }

    /** Lets a paused HSM run on. */
    public void resume() {
        process.resume();
    }

    /**
     * Ends the HSM in order, if it runs, and starts it again on the same port with the same keys: token keys and, after an orderly
     * end, session keys too.
     *
     * @throws IllegalStateException if it does not get ready again, or is closed
     */
    public void restart() {
        process.restart();
    }

    /**
     * Changes how much longer a round trip to the HSM takes, for connections that are open too.
     *
     * @param latency zero or more, exact to the millisecond
     * @throws IllegalStateException if the HSM was started without a latency, as there is no proxy then
     */
    public void setLatency(Duration latency) {
        if (proxy == null) {
            throw new IllegalStateException("This HSM is used without a proxy: start it with a latency above zero,"
                + " @FerroHsm(latencyMillis = 1) or builder().latency(Duration.ofMillis(1))");
        }
        proxy.setLatency(Builder.checked(latency));
    }

    /**
     * Ends the HSM, deletes its files, and removes its providers from the JVM. Once is enough. Only {@link #log} is of use after
     * it. Not cut short if the thread is interrupted.
     */
    @Override
    public void close() {
        if (end()) {
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException e) {
                // The JVM is ending, and calls this or the hook: which will find nothing to do.
            }
        }
    }

    private synchronized boolean end() {
        if (closed) {
            return false;
        }
        closed = true;
        for (FerroHsmProvider provider : providers.values()) {
            if (Security.getProvider(provider.getName()) == provider) {
                Security.removeProvider(provider.getName());
            }
        }
        try {
            process.close();
        } finally {
            if (proxy != null) {
                proxy.close();
            }
        }
        return true;
    }

    /**
     * Options of an HSM. Not thread-safe.
     *
     * <pre>{@code
     * FerroHsmServer hsm = FerroHsmServer.builder()
     *     .mode(ClusterMode.NON_FIPS)
     *     .users("alice", "bob")
     *     .latency(Duration.ofMillis(20))
     *     .start();
     * }</pre>
     */
    public static final class Builder {
        private ClusterMode mode = ClusterMode.FIPS;
        private List<String> users = List.of();
        private Duration latency = Duration.ZERO;

        private Builder() {
        }

        /**
         * Mode of the cluster, {@link ClusterMode#FIPS} by default.
         *
         * @param wanted not null
         * @return this
         */
        public Builder mode(ClusterMode wanted) {
            mode = Objects.requireNonNull(wanted);
            return this;
        }

        /**
         * Crypto users beside {@value FerroHsmServer#DEFAULT_USER}, in place of those given before.
         *
         * @param names 1 to 64 letters, digits and {@code . _ @ -} each; case does not matter
         * @return this
         */
        public Builder users(String... names) {
            users = Arrays.stream(names).map(FerroHsmServer::folded).toList();
            return this;
        }

        /**
         * How much longer a round trip to the HSM takes. Above zero all connections go through a proxy in this JVM.
         *
         * @param wanted zero (default) or more
         * @return this
         */
        public Builder latency(Duration wanted) {
            latency = checked(wanted);
            return this;
        }

        private static Duration checked(Duration latency) {
            if (latency.isNegative()) {
                throw new IllegalArgumentException("A latency is zero or more, not " + latency);
            }
            return latency;
        }

        /**
         * Starts an HSM with these options.
         *
         * @return the HSM, ready
         * @throws IllegalStateException if there is no {@code hsm-server} to start, or it does not get ready; with what to do
         */
        public FerroHsmServer start() {
            try {
                return new FerroHsmServer(this);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
