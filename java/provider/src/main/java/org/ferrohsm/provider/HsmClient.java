package org.ferrohsm.provider;

import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.ProviderException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import javax.security.auth.callback.CallbackHandler;
import javax.security.auth.login.LoginException;

/**
 * One client core of the native library: the connections and the login of one configuration, shared by everything in
 * this class loader that uses that configuration. It lives as long as a provider or a key refers to it. Thread-safe.
 *
 * <p>Methods throw what the status table names; a login that fails in passing is a {@link ProviderException} whose
 * cause is the {@link LoginException}, because callers that only sign or encrypt declare no such thing.
 */
final class HsmClient {
    /** Closes what the library holds for objects that are garbage. */
    static final Cleaner CLEANER = Cleaner.create();
    private static final Map<String, WeakReference<HsmClient>> OPEN = new HashMap<>();
    /**
     * A net under virtual threads, which wait here and not in the library: the longest {@code timeout-ms} there is, for
     * a call and the login before it, and a minute. The library's own deadline comes long before.
     */
    private static final long LONGEST_WAIT_SECONDS = 2 * 600 + 60;

    /** A call of a native, waiting (null future) or not. */
    interface NativeCall {
        byte[] invoke(CompletableFuture<byte[]> future) throws Exception;
    }

    /** Calls about one key. */
    interface KeyCall<T> {
        T invoke() throws GeneralSecurityException;
    }

    /** A ciphertext or wrapped key, and the IV it was made with (empty where there is none). */
    record WithIv(byte[] iv, byte[] data) {
        private static WithIv of(byte[] bytes) {
            int data = Integer.BYTES + ByteBuffer.wrap(bytes).getInt();
            return new WithIv(Arrays.copyOfRange(bytes, Integer.BYTES, data),
                Arrays.copyOfRange(bytes, data, bytes.length));
        }
    }

    /** An encapsulation: what the other side needs, and the secret or the key that it is. */
    record Encapsulated<T>(byte[] ciphertext, T secret) {
    }

    private final long id;
    private final LoginSource loginSource;
    private final String configPath;
    private final String clusterId;
    private final boolean pkcs11KeyStore;
    private final AtomicLong changes = new AtomicLong();
    private final CallCounts calls = new CallCounts();

    /** Opens a client of the native library with the login source of that number. */
    private interface Opening {
        long open(long source) throws GeneralSecurityException;
    }

    private HsmClient(Opening opening) throws GeneralSecurityException {
        Tables.get();
        loginSource = LoginSource.register();
        long source = loginSource.number();
        long number;
        try {
            number = opening.open(source);
        } catch (GeneralSecurityException | RuntimeException e) {
            LoginSource.forget(source);
            throw e;
        }
        id = number;
        CLEANER.register(this, () -> {
            HsmNative.close(number);
            LoginSource.forget(source);
        });
        Object[] description = Wire.read(HsmNative.describe(id),
            in -> new Object[] {Wire.text(in), Wire.text(in), in.readBoolean()});
        configPath = (String) description[0];
        clusterId = (String) description[1];
        pkcs11KeyStore = (Boolean) description[2];
    }

    /**
     * The client of a configuration file; null for the one that {@code -Dferrohsm.config}, {@code FERROHSM_CONFIG} or
     * the system has. Reads files, never the network.
     *
     * @throws ProviderException when there is no configuration or it is wrong, with what to do
     */
    static HsmClient of(String path) {
        String named = path != null ? path : System.getProperty(FerroHsmProvider.CONFIG);
        String absolute = named == null ? null : Path.of(named).toAbsolutePath().normalize().toString();
        return shared(absolute, source -> HsmNative.open(absolute, source));
    }

    /**
     * The client of a configuration that is not in a file; its relative paths are relative to the working directory.
     * A password in it stays in memory, as there is no file to read it from when a login has to be renewed.
     *
     * @throws ProviderException when the configuration is wrong, with what to do
     */
    static HsmClient ofText(byte[] configuration) {
        byte[] name = Jdk.digest("SHA-256").digest(configuration);
        return shared("text " + HexFormat.of().formatHex(name), source -> HsmNative.openText(configuration, source));
    }

    private static HsmClient shared(String name, Opening opening) {
        synchronized (OPEN) {
            WeakReference<HsmClient> open = OPEN.get(name);
            HsmClient client = open == null ? null : open.get();
            if (client == null) {
                try {
                    client = new HsmClient(opening);
                } catch (GeneralSecurityException e) {
                    throw new ProviderException(e.getMessage(), e);
                }
                OPEN.put(name, new WeakReference<>(client));
            }
            return client;
        }
    }

    /** The library's number for it. */
    long id() {
        return id;
    }

    /** Id of the cluster, 32 hex digits, as configured. */
    String clusterId() {
        return clusterId;
    }

    /** The configuration file. */
    String configPath() {
        return configPath;
    }

    /** Whether the configuration asks for the KeyStore type {@code PKCS11} as an alias. */
    boolean pkcs11KeyStore() {
        return pkcs11KeyStore;
    }

    /**
     * Counts what this client did that may change which keys there are: whoever keeps a list of them compares this with
     * what it was before listing.
     */
    long changes() {
        return changes.get();
    }

    /** Counts the calls of this client. */
    CallCounts calls() {
        return calls;
    }

    boolean isLoggedIn() {
        try {
            return HsmNative.isLoggedIn(id);
        } catch (GeneralSecurityException e) {
            throw new ProviderException(e.getMessage(), e);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /** The user that is logged in, or null. */
    String user() {
        try {
            byte[] user = HsmNative.user(id);
            return user == null ? null : new String(user, StandardCharsets.UTF_8);
        } catch (GeneralSecurityException e) {
            throw new ProviderException(e.getMessage(), e);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /** Where later logins of this client (renewal too) get user and password from; null for properties and so on. */
    void setCallbackHandler(CallbackHandler handler) {
        loginSource.setHandler(handler);
    }

    /** Logs in, and wipes the password. */
    void login(LoginSource.UserAndPassword login) throws LoginException {
        try {
            login(login.user().getBytes(StandardCharsets.UTF_8), login.password());
        } finally {
            login.wipe();
        }
    }

    private void login(byte[] user, byte[] password) throws LoginException {
        try {
            change(future -> HsmNative.login(id, user, password, future));
        } catch (ProviderException e) {
            if (e.getCause() instanceof LoginException cause) {
                throw cause;
            }
            throw loginFailure(e);
        } catch (GeneralSecurityException e) {
            throw loginFailure(e);
        }
    }

    /** Logs in with what the callback handler, properties, environment or configuration give, unless logged in. */
    void loginFromSources() throws LoginException {
        login(null, null);
    }

    void logout() throws LoginException {
        try {
            change(future -> HsmNative.logout(id, future));
        } catch (ProviderException | GeneralSecurityException e) {
            throw loginFailure(e);
        }
    }

    private static LoginException loginFailure(Exception cause) {
        LoginException failure = new LoginException(cause.getMessage());
        failure.initCause(cause);
        return failure;
    }

    KeyInfo generateKey(KeyType type, int sizeBits, Template template) throws GeneralSecurityException {
        byte[] attributes = template.encode();
        return KeyInfo.of(change(future -> HsmNative.generateKey(id, type.code(), sizeBits, attributes, future)));
    }

    /** A key pair; {@code curve} is null for RSA, {@code sizeBits} 0 for EC. */
    KeyInfo generateKeyPair(KeyType type, int sizeBits, Curve curve, Template privateTemplate, Template publicTemplate)
        throws GeneralSecurityException {
        byte[] privateAttributes = privateTemplate.encode();
        byte[] publicAttributes = publicTemplate.encode();
        int curveCode = curve == null ? 0 : curve.code();
        return KeyInfo.of(change(future -> HsmNative.generateKeyPair(id, type.code(), sizeBits, curveCode,
            privateAttributes, publicAttributes, future)));
    }

    /**
     * Imports a key in clear.
     *
     * @param material PKCS#8 for RSA and EC, the bytes themselves for secret keys; the caller wipes it
     * @param uniqueLabel refuse when the user has another token object of that label
     */
    KeyInfo importKey(KeyType type, byte[] material, Template template, Template publicTemplate,
        List<byte[]> certificateChain, boolean uniqueLabel) throws GeneralSecurityException {
        byte[] attributes = template.encode();
        byte[] publicAttributes = publicTemplate.encode();
        byte[] chain = Wire.byteStrings(certificateChain);
        return KeyInfo.of(change(future -> HsmNative.importKey(id, type.code(), material, attributes, publicAttributes,
            chain, uniqueLabel, future)));
    }

    /** Stores a certificate (X.509 DER) of its own. */
    KeyInfo importCertificate(byte[] certificate, Template template, boolean uniqueLabel)
        throws GeneralSecurityException {
        byte[] attributes = template.encode();
        return KeyInfo.of(change(future ->
            HsmNative.importCertificate(id, certificate, attributes, uniqueLabel, future)));
    }

    KeyInfo getKey(long handle) throws GeneralSecurityException {
        return KeyInfo.of(call(future -> HsmNative.getKey(id, handle, future)));
    }

    /** A key or certificate, or null if there is none of this handle. */
    KeyInfo findKey(long handle) throws GeneralSecurityException {
        try {
            return getKey(handle);
        } catch (InvalidKeyException e) {
            return null; // the status for a key that is not there
        }
    }

    /**
     * Visits the user's keys and certificates whose attributes match, in the order of their handles, as the HSM sends them,
     * 256 in a call. Those of types that only a newer release can use are left out.
     *
     * @param type null for any
     */
    void findKeys(Template template, KeyType type, Consumer<KeyInfo> found) throws GeneralSecurityException {
        byte[] attributes = template.encode();
        int typeCode = type == null ? 0 : type.code();
        long last = 0;
        KeyInfo.Page page;
        do {
            long after = last;
            page = KeyInfo.page(call(future -> HsmNative.findKeys(id, attributes, typeCode, after, 0, future)));
            for (KeyInfo info : page.keys()) {
                last = info.handle();
                if (info.keyType() != null) {
                    found.accept(info);
                }
            }
        } while (page.more() && !page.keys().isEmpty());
    }

    /** Changes attributes and, unless {@code certificateChain} is null, the chain, in one step. */
    KeyInfo updateKey(long handle, Template template, List<byte[]> certificateChain, boolean uniqueLabel)
        throws GeneralSecurityException {
        byte[] attributes = template.encode();
        byte[] chain = certificateChain == null ? null : Wire.byteStrings(certificateChain);
        return KeyInfo.of(change(future -> HsmNative.updateKey(id, handle, attributes, chain != null, chain,
            uniqueLabel, future)));
    }

    void deleteKey(long handle) throws GeneralSecurityException {
        change(future -> HsmNative.deleteKey(id, handle, false, future));
    }

    /** Deletes a session key; the HSM refuses if it is a token key by now. */
    void deleteSessionKey(long handle) throws GeneralSecurityException {
        change(future -> HsmNative.deleteKey(id, handle, true, future));
    }

    /** Signs; a message over the limit of one call goes in chunks, where the mechanism takes messages. */
    byte[] sign(long handle, int mechanism, byte[] parameters, byte[] data) throws GeneralSecurityException {
        if (data.length > Tables.get().maxDataBytes()) {
            return HsmStream.sign(this, handle, mechanism, parameters, data);
        }
        return call(future -> HsmNative.sign(id, handle, mechanism, parameters, data, future));
    }

    /** Verifies; long messages as {@link #sign}. */
    boolean verify(byte[] publicKeyInfo, int mechanism, byte[] parameters, byte[] data, byte[] signature)
        throws GeneralSecurityException {
        if (data.length > Tables.get().maxDataBytes()) {
            return HsmStream.verify(this, publicKeyInfo, mechanism, parameters, data, signature);
        }
        return call(future -> HsmNative.verify(id, 0, publicKeyInfo, mechanism, parameters, data, signature,
            future))[0] == 1;
    }

    WithIv encrypt(long handle, int mechanism, byte[] parameters, byte[] data) throws GeneralSecurityException {
        return WithIv.of(call(future ->
            HsmNative.encrypt(id, handle, null, mechanism, parameters, data, future)));
    }

    byte[] decrypt(long handle, int mechanism, byte[] parameters, byte[] data) throws GeneralSecurityException {
        return call(future -> HsmNative.decrypt(id, handle, mechanism, parameters, data, future));
    }

    byte[] issueIv(long handle, int mechanism) throws GeneralSecurityException {
        return call(future -> HsmNative.issueIv(id, handle, mechanism, future));
    }

    /** Wraps the key {@code handle} with one of the HSM's keys, or with a public key of the caller's if not null. */
    WithIv wrapKey(long wrappingHandle, byte[] publicKeyInfo, int mechanism, byte[] parameters, long handle)
        throws GeneralSecurityException {
        return WithIv.of(call(future -> HsmNative.wrapKey(id, wrappingHandle, publicKeyInfo, mechanism, parameters,
            handle, future)));
    }

    KeyInfo unwrapKey(long unwrappingHandle, int mechanism, byte[] parameters, byte[] wrapped, KeyType type,
        Template template) throws GeneralSecurityException {
        byte[] attributes = template.encode();
        return KeyInfo.of(change(future -> HsmNative.unwrapKey(id, unwrappingHandle, mechanism, parameters, wrapped,
            type.code(), attributes, null, future)));
    }

    byte[] deriveSecret(long handle, int mechanism, byte[] peerPublicKeyInfo) throws GeneralSecurityException {
        return call(future -> HsmNative.deriveSecret(id, handle, mechanism, peerPublicKeyInfo, future));
    }

    /** Ciphertext and the secret in it, in clear, for an ML-KEM public key. */
    Encapsulated<byte[]> encapsulate(byte[] publicKeyInfo, int mechanism) throws GeneralSecurityException {
        return Wire.read(call(future -> HsmNative.encapsulate(id, publicKeyInfo, mechanism, future)),
            in -> new Encapsulated<>(Wire.bytes(in), Wire.rest(in)));
    }

    byte[] decapsulate(long handle, int mechanism, byte[] ciphertext) throws GeneralSecurityException {
        return call(future -> HsmNative.decapsulate(id, handle, mechanism, ciphertext, future));
    }

    /** Ciphertext and the secret in it, which is a new key in the HSM. */
    Encapsulated<KeyInfo> encapsulateKey(byte[] publicKeyInfo, int mechanism, KeyType type, Template template)
        throws GeneralSecurityException {
        byte[] attributes = template.encode();
        return Wire.read(change(future ->
                HsmNative.encapsulateKey(id, publicKeyInfo, mechanism, type.code(), attributes, future)),
            in -> new Encapsulated<>(Wire.bytes(in), KeyInfo.of(Wire.rest(in))));
    }

    KeyInfo decapsulateKey(long handle, int mechanism, byte[] ciphertext, KeyType type, Template template)
        throws GeneralSecurityException {
        byte[] attributes = template.encode();
        return KeyInfo.of(change(future ->
            HsmNative.decapsulateKey(id, handle, mechanism, ciphertext, type.code(), attributes, future)));
    }

    /**
     * Derives a secret key inside the HSM.
     *
     * @param handle of the base key; 0 where {@code password} is the base
     * @param derivation in the layout of the native library
     */
    KeyInfo deriveKey(long handle, int mechanism, byte[] derivation, byte[] password, KeyType type, int sizeBits,
        Template template) throws GeneralSecurityException {
        byte[] attributes = template.encode();
        return KeyInfo.of(change(future -> HsmNative.deriveKey(id, handle, mechanism, derivation, password,
            type.code(), sizeBits, attributes, future)));
    }

    byte[] random(int length) throws GeneralSecurityException {
        return call(future -> HsmNative.random(id, length, future));
    }

    /** A call that may change which keys there are, even where it fails. */
    private byte[] change(NativeCall call) throws GeneralSecurityException {
        try {
            return call(call);
        } finally {
            changes.incrementAndGet();
        }
    }

    /** Waits in native code, or on a virtual thread in Java. */
    byte[] call(NativeCall call) throws GeneralSecurityException {
        long start = System.nanoTime();
        boolean succeeded = false;
        try {
            byte[] answer;
            if (VirtualThreads.isCurrent()) {
                CompletableFuture<byte[]> future = new CompletableFuture<>();
                call.invoke(future);
                answer = future.orTimeout(LONGEST_WAIT_SECONDS, TimeUnit.SECONDS).join();
            } else {
                answer = call.invoke(null);
            }
            succeeded = true;
            return answer;
        } catch (CompletionException e) {
            if (e.getCause() instanceof TimeoutException) {
                throw new ProviderException("The FerroHSM library did not answer within " + LONGEST_WAIT_SECONDS
                    + " seconds, although every call has a deadline: the operation may have happened in the HSM", e);
            }
            throw checked(e.getCause());
        } catch (Exception e) {
            throw checked(e);
        } finally {
            calls.add(start, succeeded);
            Reference.reachabilityFence(this);
        }
    }

    /**
     * For methods of keys, which declare nothing else.
     *
     * @throws InvalidKeyException the status for a key that is not there
     * @throws ProviderException for any other failure
     */
    static <T> T aboutKey(KeyCall<T> call) throws InvalidKeyException {
        try {
            return call.invoke();
        } catch (InvalidKeyException e) {
            throw e;
        } catch (GeneralSecurityException e) {
            throw new ProviderException(e.getMessage(), e);
        }
    }

    /** What a native threw, in the form that this class promises. */
    private static GeneralSecurityException checked(Throwable thrown) {
        if (thrown instanceof RuntimeException unchecked) {
            throw unchecked;
        }
        if (thrown instanceof Error error) {
            throw error;
        }
        if (thrown instanceof GeneralSecurityException security && !(thrown instanceof LoginException)) {
            return security;
        }
        throw new ProviderException(thrown.getMessage(), thrown);
    }
}
