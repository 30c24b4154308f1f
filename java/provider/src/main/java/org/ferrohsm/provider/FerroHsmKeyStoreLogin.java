package org.ferrohsm.provider;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.ProviderException;
import java.security.UnrecoverableKeyException;
import java.util.Arrays;
import javax.security.auth.callback.CallbackHandler;
import javax.security.auth.login.LoginException;

/** Which HSM a KeyStore is loaded from, and who logs in. */
final class FerroHsmKeyStoreLogin {
    /** Longest configuration, in bytes, as for files. */
    private static final int MAX_BYTES = 1024 * 1024;

    private FerroHsmKeyStoreLogin() {
    }

    static byte[] read(InputStream stream) throws IOException {
        byte[] text = stream.readNBytes(MAX_BYTES + 1);
        if (text.length > MAX_BYTES) {
            throw new IOException("This is no client configuration: it is larger than 1 MiB");
        }
        return text;
    }

    /**
     * The client of a configuration; the provider's own for one that has nothing but comments, and for the provider's own
     * file: that way its relative paths are relative to it, and there is one login.
     */
    static HsmClient client(FerroHsmProvider provider, byte[] configuration) throws IOException {
        try {
            return saysNothing(configuration) || isOwnFile(provider, configuration) ? provider.client()
                : HsmClient.ofText(configuration);
        } catch (ProviderException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private static boolean isOwnFile(FerroHsmProvider provider, byte[] configuration) {
        try {
            return Arrays.equals(configuration, Files.readAllBytes(Path.of(provider.client().configPath())));
        } catch (ProviderException | IOException | InvalidPathException e) {
            return false; // it has no usable configuration, or one that a program built
        }
    }

    /** Logs in as {@code user:password} says, or as the provider's sources say where it names no user. */
    static void logIn(HsmClient client, char[] password) throws IOException {
        try {
            if (password != null && namesUser(password)) {
                logInAs(client, LoginSource.split(password));
            } else if (!client.isLoggedIn()) {
                client.loginFromSources();
            }
        } catch (LoginException e) {
            throw failure(e);
        }
    }

    /** Logs in with what the handler says, now and whenever the login has to be renewed. */
    static void logIn(HsmClient client, CallbackHandler handler) throws IOException {
        try {
            logInAs(client, LoginSource.ask(handler));
            client.setCallbackHandler(handler);
        } catch (LoginException e) {
            throw failure(e);
        }
    }

    private static void logInAs(HsmClient client, LoginSource.UserAndPassword login) throws LoginException {
        String user = client.user();
        if (user == null) {
            client.login(login);
            return;
        }
        login.wipe();
        if (!user.equalsIgnoreCase(login.user())) {
            throw new LoginException("User " + user + " is logged in, not " + login.user()
                + ": log out first (AuthProvider.logout), or use a provider with a configuration of its own");
        }
    }

    private static boolean saysNothing(byte[] configuration) {
        return new String(configuration, StandardCharsets.UTF_8).lines().map(String::strip)
            .allMatch(line -> line.isEmpty() || line.startsWith("#"));
    }

    private static boolean namesUser(char[] password) {
        for (int i = 1; i < password.length; i++) {
            if (password[i] == ':') {
                return true;
            }
        }
        return false;
    }

    /** As KeyStore.load wants it: a refused login is caused by an UnrecoverableKeyException. */
    private static IOException failure(LoginException e) {
        if (e.getCause() instanceof ProviderException) {
            return new IOException(e.getMessage(), e); // nothing is known about the password
        }
        UnrecoverableKeyException refused = new UnrecoverableKeyException(e.getMessage());
        refused.initCause(e);
        return new IOException(e.getMessage(), refused);
    }
}
