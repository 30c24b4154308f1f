package org.ferrohsm.provider;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.security.AuthProvider;
import java.security.Provider;
import java.security.ProviderException;
import java.security.Security;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import javax.security.auth.Subject;
import javax.security.auth.callback.CallbackHandler;
import javax.security.auth.login.LoginException;
import org.ferrohsm.provider.exception.ProviderInitializationException;

/**
 * The FerroHSM provider: JCA's engines over keys that stay in the HSM.
 *
 * <p>Install it last ({@code Security.addProvider}). Signature, Cipher, Mac, KeyAgreement and KDF are then found by the key;
 * KeyPairGenerator, KeyGenerator, KeyFactory, SecretKeyFactory, SecureRandom and MessageDigest answer only when the
 * provider is named.
 *
 * <p>Making a provider touches no network and needs no configuration. The configuration is looked for at first use: the
 * one given here, {@code -Dferrohsm.config}, the environment variable {@code FERROHSM_CONFIG},
 * {@code /etc/ferrohsm/client.toml}; or one that the program builds. All providers of one class loader that use the same configuration share its
 * connections and its login. Thread-safe.
 *
 * <pre>{@code
 * Security.addProvider(new FerroHsmProvider());
 * KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", "FerroHSM");
 * generator.initialize(new ECGenParameterSpec("secp256r1"));
 * KeyPair pair = generator.generateKeyPair();
 * Signature signature = Signature.getInstance("SHA256withECDSA");
 * signature.initSign(pair.getPrivate());
 * signature.update(data);
 * byte[] signed = signature.sign();
 * }</pre>
 */
public final class FerroHsmProvider extends AuthProvider {
    private static final long serialVersionUID = 1L;

    /** Name of the provider without a configuration of its own. */
    public static final String PROVIDER_NAME = "FerroHSM";
    /** Type of its KeyStore, for {@code KeyStore.getInstance}. */
    public static final String FERROHSM_KEYSTORE_TYPE = FerroHsmKeyStoreService.TYPE;
    /** System property: path of the client configuration. */
    static final String CONFIG = "ferrohsm.config";
    /** Engines that the JVM may not have. */
    private static final Set<String> NEWER_ENGINES = Set.of("KEM", "KDF");
    private static final String DEFAULT_HANDLER = "auth.login.defaultCallbackHandler";
    private static final System.Logger LOGGER = System.getLogger("org.ferrohsm.provider");
    private static final AtomicBoolean WARNED = new AtomicBoolean();

    private final transient Supplier<HsmClient> configuration;
    private final transient Map<String, HsmService> byNameOnly = new ConcurrentHashMap<>();
    private final transient Service pkcs11KeyStore =
        new FerroHsmKeyStoreService(this, FerroHsmKeyStoreService.PKCS11);
    private transient volatile HsmClient client;
    private transient volatile CallbackHandler handler;

    /**
     * The provider {@code FerroHSM}, with the configuration that is found at first use.
     *
     * @throws ProviderInitializationException if the native library cannot be loaded, with what to do
     * @throws IOException never; callers of CloudHSM's constructor handle it
     * @throws LoginException never, as it does not log in; callers of CloudHSM's constructor handle it
     */
    public FerroHsmProvider() throws IOException, LoginException, ProviderInitializationException {
        this(PROVIDER_NAME, initialized(() -> HsmClient.of(null)));
    }

    /**
     * A provider with a configuration that the program builds, under the name that
     * {@link FerroHsmClusterBuilder#withClusterUniqueIdentifier} gave it. It has a login of its own.
     *
     * @param config from {@link FerroHsmProviderConfig#builder}
     * @throws ProviderInitializationException if the native library cannot be loaded, with what to do
     * @throws IOException never, as files are read at first use; callers of CloudHSM's constructor handle it
     * @throws LoginException never, as it does not log in; callers of CloudHSM's constructor handle it
     */
    public FerroHsmProvider(FerroHsmProviderConfig config)
        throws IOException, LoginException, ProviderInitializationException {
        this(config.cluster().name(), initialized(config.cluster()::client));
        config.logging().ifPresent(logging -> logging.report(LOGGER, getName()));
    }

    /**
     * The provider {@code FerroHSM-<name>}, where name is the file's name without {@code .toml}.
     *
     * @param configPath path of a client configuration, read at first use
     * @throws ProviderException if the native library cannot be loaded, with what to do
     */
    public FerroHsmProvider(String configPath) {
        this(PROVIDER_NAME + '-' + configName(configPath), () -> HsmClient.of(configPath));
    }

    /**
     * The provider {@code FerroHSM} with a configuration of its own in place of the one that is found, for frameworks that
     * have their own way to name it.
     *
     * @param config a client configuration, read at first use
     * @return the provider, not installed
     * @throws ProviderException if the native library cannot be loaded, with what to do
     */
    public static FerroHsmProvider withConfiguration(Path config) {
        return new FerroHsmProvider(PROVIDER_NAME, () -> HsmClient.of(config.toString()));
    }

    private static Supplier<HsmClient> initialized(Supplier<HsmClient> configuration)
        throws ProviderInitializationException {
        try {
            Tables.get();
            return configuration;
        } catch (ProviderException | LinkageError e) {
            Throwable cause = e instanceof ExceptionInInitializerError && e.getCause() != null ? e.getCause() : e;
            throw new ProviderInitializationException(cause.getMessage(), cause);
        }
    }

    private FerroHsmProvider(String name, Supplier<HsmClient> configuration) {
        super(name, Version.CURRENT, "FerroHSM " + Version.CURRENT + ": keys that stay in the HSM");
        this.configuration = configuration;
        for (Tables.Mechanism mechanism : Tables.get().mechanisms()) {
            for (Tables.Service service : mechanism.services()) {
                if (NEWER_ENGINES.contains(service.engine()) && NewerEngines.spiClass(service.engine()) == null) {
                    continue;
                }
                HsmService made = new HsmService(this, mechanism, service);
                if (service.engine().equals("SecureRandom")) {
                    // Not through putService: the JDK would make it the default of new SecureRandom().
                    byNameOnly.put(service.name().toUpperCase(Locale.ROOT), made);
                } else {
                    putService(made);
                }
            }
        }
        putService(new FerroHsmKeyStoreService(this, FerroHsmKeyStoreService.TYPE));
    }

    private static String configName(String path) {
        Path file = Path.of(path).getFileName();
        if (file == null) {
            throw new IllegalArgumentException("This is no path of a client configuration: " + path);
        }
        String name = file.toString();
        return name.endsWith(".toml") ? name.substring(0, name.length() - ".toml".length()) : name;
    }

    /**
     * A provider with a configuration of its own, as keytool's {@code -providerarg} and {@code java.security} ask for
     * it: {@link #FerroHsmProvider(String)}.
     */
    @Override
    public Provider configure(String configPath) {
        return new FerroHsmProvider(configPath);
    }

    @Override
    public boolean isConfigured() {
        return true; // without a configuration of its own it uses the one that is found
    }

    /** The client core, made at first use; without a usable configuration a {@link ProviderException} every time. */
    HsmClient client() {
        HsmClient current = client;
        if (current == null) {
            current = configuration.get();
            CallbackHandler known = handler;
            if (known != null) {
                current.setCallbackHandler(known);
            }
            client = current;
        }
        return current;
    }

    @Override
    public Service getService(String type, String algorithm) {
        if (type.equals("KeyStore") && algorithm.equalsIgnoreCase(FerroHsmKeyStoreService.PKCS11)) {
            return FerroHsmKeyStoreService.isPkcs11Wanted(this) ? pkcs11KeyStore : null;
        }
        if (SelectionGuard.BY_NAME_ONLY.contains(type)) {
            if (SelectionGuard.listIsAsking()) {
                return null;
            }
            if (type.equals("SecureRandom")) {
                return byNameOnly.get(algorithm.toUpperCase(Locale.ROOT));
            }
        }
        return super.getService(type, algorithm);
    }

    @Override
    public Set<Service> getServices() {
        if (SelectionGuard.listIsAsking()) {
            return super.getServices();
        }
        Set<Service> all = new LinkedHashSet<>(super.getServices());
        all.addAll(byNameOnly.values());
        if (FerroHsmKeyStoreService.isPkcs11Wanted(this)) {
            all.add(pkcs11KeyStore);
        }
        return all;
    }

    /**
     * Logs in. User and password come from the handler given here, else the one of {@link #setCallbackHandler}, else the
     * class that the security property {@code auth.login.defaultCallbackHandler} names, else
     * {@code -Dferrohsm.user}/{@code ferrohsm.password}, the environment, or the configuration. A handler without a name
     * gives {@code user:password} as the password; it is asked again when a login expires.
     *
     * @param subject not used
     * @throws LoginException if user or password are wrong, another user is logged in, or no HSM can be reached
     */
    @Override
    public void login(Subject subject, CallbackHandler given) throws LoginException {
        CallbackHandler chosen = given != null ? given : handler != null ? handler : defaultHandler();
        try {
            HsmClient current = client();
            if (chosen == null) {
                current.loginFromSources();
                return;
            }
            current.login(LoginSource.ask(chosen));
            handler = chosen;
            current.setCallbackHandler(chosen);
        } catch (ProviderException e) {
            LoginException failed = new LoginException(e.getMessage());
            failed.initCause(e);
            throw failed;
        }
    }

    private static CallbackHandler defaultHandler() throws LoginException {
        String name = Security.getProperty(DEFAULT_HANDLER);
        if (name == null || name.isEmpty()) {
            return null;
        }
        try {
            ClassLoader loader = Thread.currentThread().getContextClassLoader();
            return (CallbackHandler) Class.forName(name, true, loader).getDeclaredConstructor().newInstance();
        } catch (ReflectiveOperationException | ClassCastException e) {
            LoginException failed = new LoginException("The security property " + DEFAULT_HANDLER + " names " + name
                + ", which is no callback handler: " + e);
            failed.initCause(e);
            throw failed;
        }
    }

    /** Ends the login: session keys are gone. Token keys stay. */
    @Override
    public void logout() throws LoginException {
        try {
            client().logout();
        } catch (ProviderException e) {
            LoginException failed = new LoginException(e.getMessage());
            failed.initCause(e);
            throw failed;
        }
    }

    /** Where later logins get user and password from; null forgets it. */
    @Override
    public void setCallbackHandler(CallbackHandler newHandler) {
        handler = newHandler;
        HsmClient current = client;
        if (current != null) {
            current.setCallbackHandler(newHandler);
        }
    }

    /**
     * Asks an HSM for random bytes: shows that one can be reached and that the login works.
     *
     * @throws ProviderException with the cause and what to do, if not
     */
    public void checkHealth() {
        try {
            client().random(1);
        } catch (java.security.GeneralSecurityException e) {
            throw new ProviderException(e.getMessage(), e);
        }
    }

    /**
     * Counts the calls to an HSM that this provider's configuration has had, over all providers that share it.
     *
     * @return how many, since the first use
     */
    public long callCount() {
        HsmClient current = client;
        return current == null ? 0 : current.calls().count();
    }

    /**
     * Counts those of {@link #callCount} that ended in an exception.
     *
     * @return how many, since the first use
     */
    public long failedCallCount() {
        HsmClient current = client;
        return current == null ? 0 : current.calls().failed();
    }

    /**
     * Adds up the time that those of {@link #callCount} took, with connecting, logging in and repeating.
     *
     * @return nanoseconds, since the first use
     */
    public long callNanos() {
        HsmClient current = client;
        return current == null ? 0 : current.calls().nanos();
    }

    @Override
    public String toString() {
        HsmClient current = client;
        return getName() + " version " + Version.CURRENT + (current == null ? " (not used yet)"
            : " (" + current.configPath() + ", cluster " + current.clusterId()
                + (current.isLoggedIn() ? ", logged in)" : ", not logged in)"));
    }

    /** Whether this provider is installed, but not as the last; says so once per JVM. */
    boolean standsBeforeOthers() {
        Provider[] installed = Security.getProviders();
        for (int i = 0; i < installed.length - 1; i++) {
            if (installed[i] == this) {
                if (!WARNED.get() && WARNED.compareAndSet(false, true)) {
                    LOGGER.log(Level.WARNING, "{0} is provider {1} of {2}: install it last (Security.addProvider), so"
                        + " that the JVM does not ask it for what has nothing to do with the HSM", getName(), i + 1,
                        installed.length);
                }
                return true;
            }
        }
        return false;
    }
}
