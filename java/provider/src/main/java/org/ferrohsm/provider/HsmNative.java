package org.ferrohsm.provider;

import java.lang.System.Logger.Level;
import java.security.GeneralSecurityException;
import java.util.concurrent.CompletableFuture;
import javax.security.auth.login.LoginException;

/**
 * The natives, all static, over primitives and byte arrays. Everything above them goes through {@link HsmClient}.
 *
 * <p>The ones that talk to an HSM take a future last: null makes the calling thread wait in native code; otherwise they
 * return null at once and complete the future, possibly from a thread of the library. They throw what the status table
 * names for the HSM's answer. {@code client} is a number that {@link #open} gave; a closed one is an
 * {@link IllegalStateException}. Structured arguments and results are in the layout of {@link Wire}. Safe for any
 * number of threads.
 */
final class HsmNative {
    private static final System.Logger LOGGER = System.getLogger("org.ferrohsm.provider");

    private HsmNative() {
    }

    static native void bind(String jarVersion);

    static native byte[] tables();

    static native long open(String configPath, long credentials) throws GeneralSecurityException;

    static native long openText(byte[] configuration, long credentials) throws GeneralSecurityException;

    static native void close(long client);

    static native byte[] describe(long client) throws GeneralSecurityException;

    static native boolean isLoggedIn(long client) throws GeneralSecurityException;

    static native byte[] user(long client) throws GeneralSecurityException;

    static native byte[] login(long client, byte[] user, byte[] password, CompletableFuture<byte[]> future)
        throws GeneralSecurityException;

    static native byte[] logout(long client, CompletableFuture<byte[]> future) throws GeneralSecurityException;

    static native byte[] generateKey(long client, int keyType, int sizeBits, byte[] attributes,
        CompletableFuture<byte[]> future) throws GeneralSecurityException;

    static native byte[] generateKeyPair(long client, int keyType, int sizeBits, int curve, byte[] privateAttributes,
        byte[] publicAttributes, CompletableFuture<byte[]> future) throws GeneralSecurityException;

    static native byte[] importKey(long client, int keyType, byte[] material, byte[] attributes,
        byte[] publicAttributes, byte[] certificateChain, boolean uniqueLabel, CompletableFuture<byte[]> future)
        throws GeneralSecurityException;

    static native byte[] importCertificate(long client, byte[] certificate, byte[] attributes, boolean uniqueLabel,
        CompletableFuture<byte[]> future) throws GeneralSecurityException;

    static native byte[] getKey(long client, long handle, CompletableFuture<byte[]> future)
        throws GeneralSecurityException;

    static native byte[] findKeys(long client, byte[] attributes, int keyType, long afterHandle, int limit,
        CompletableFuture<byte[]> future) throws GeneralSecurityException;

    static native byte[] updateKey(long client, long handle, byte[] attributes, boolean setCertificateChain,
        byte[] certificateChain, boolean uniqueLabel, CompletableFuture<byte[]> future)
        throws GeneralSecurityException;

    static native byte[] deleteKey(long client, long handle, boolean onlySessionKey, CompletableFuture<byte[]> future)
        throws GeneralSecurityException;

    static native byte[] sign(long client, long handle, int mechanism, byte[] parameters, byte[] data,
        CompletableFuture<byte[]> future) throws GeneralSecurityException;

    static native byte[] verify(long client, long handle, byte[] publicKeyInfo, int mechanism, byte[] parameters,
        byte[] data, byte[] signature, CompletableFuture<byte[]> future) throws GeneralSecurityException;

    static native byte[] encrypt(long client, long handle, byte[] publicKeyInfo, int mechanism, byte[] parameters,
        byte[] data, CompletableFuture<byte[]> future) throws GeneralSecurityException;

    static native byte[] decrypt(long client, long handle, int mechanism, byte[] parameters, byte[] data,
        CompletableFuture<byte[]> future) throws GeneralSecurityException;

    static native byte[] issueIv(long client, long handle, int mechanism, CompletableFuture<byte[]> future)
        throws GeneralSecurityException;

    static native byte[] wrapKey(long client, long wrappingHandle, byte[] publicKeyInfo, int mechanism,
        byte[] parameters, long handle, CompletableFuture<byte[]> future) throws GeneralSecurityException;

    static native byte[] unwrapKey(long client, long unwrappingHandle, int mechanism, byte[] parameters,
        byte[] wrapped, int keyType, byte[] attributes, byte[] publicAttributes, CompletableFuture<byte[]> future)
        throws GeneralSecurityException;

    static native byte[] deriveSecret(long client, long handle, int mechanism, byte[] peerPublicKeyInfo,
        CompletableFuture<byte[]> future) throws GeneralSecurityException;

    static native byte[] encapsulate(long client, byte[] publicKeyInfo, int mechanism,
        CompletableFuture<byte[]> future) throws GeneralSecurityException;

    static native byte[] decapsulate(long client, long handle, int mechanism, byte[] ciphertext,
        CompletableFuture<byte[]> future) throws GeneralSecurityException;

    static native byte[] encapsulateKey(long client, byte[] publicKeyInfo, int mechanism, int keyType,
        byte[] attributes, CompletableFuture<byte[]> future) throws GeneralSecurityException;

    static native byte[] decapsulateKey(long client, long handle, int mechanism, byte[] ciphertext, int keyType,
        byte[] attributes, CompletableFuture<byte[]> future) throws GeneralSecurityException;

    static native byte[] deriveKey(long client, long handle, int mechanism, byte[] derivation, byte[] password,
        int keyType, int sizeBits, byte[] attributes, CompletableFuture<byte[]> future)
        throws GeneralSecurityException;

    static native byte[] random(long client, int length, CompletableFuture<byte[]> future)
        throws GeneralSecurityException;

    /** Begins a stream; gives its number (64 bits) and the IV. {@code use} is the protocol's code. */
    static native byte[] streamBegin(long client, long handle, byte[] publicKeyInfo, int mechanism, int use,
        byte[] parameters, long totalBytes, CompletableFuture<byte[]> future) throws GeneralSecurityException;

    static native byte[] streamUpdate(long stream, byte[] aad, byte[] data, CompletableFuture<byte[]> future)
        throws GeneralSecurityException;

    /** Gives whether a signature was right (one byte), what remains to be read (64 bits), and output. */
    static native byte[] streamFinish(long stream, byte[] data, byte[] signature, CompletableFuture<byte[]> future)
        throws GeneralSecurityException;

    /** As {@link #streamFinish}, for more output. */
    static native byte[] streamRead(long stream, CompletableFuture<byte[]> future) throws GeneralSecurityException;

    /** Ends a stream, if it is not over; never waits. */
    static native void streamClose(long stream);

    /** Called by the library, on any thread: an exception of this provider's own, by its name in the status table. */
    @SuppressWarnings("unused")
    private static Throwable throwable(String className, String message) throws ReflectiveOperationException {
        return (Throwable) Class.forName(className).getConstructor(String.class).newInstance(message);
    }

    /**
     * Called by the library, on any thread, when a login is due: true, user and password; or false and why they cannot
     * be had; or null for none here. What a handler throws ends here: the library would look at all of its stack.
     */
    @SuppressWarnings("unused")
    private static byte[] readCredentials(long credentials) {
        try {
            return LoginSource.read(credentials);
        } catch (LoginException | RuntimeException e) {
            String why = e.getMessage() == null ? e.toString() : e.getMessage();
            return Wire.write(out -> {
                out.writeBoolean(false);
                Wire.text(out, why);
            });
        }
    }

    /** Called by the library, on a thread of its own, with a line of the client's log. */
    @SuppressWarnings("unused")
    private static void log(boolean warning, String line) {
        LOGGER.log(warning ? Level.WARNING : Level.INFO, line);
    }
}
