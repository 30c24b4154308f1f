package org.ferrohsm.provider;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.CallbackHandler;
import javax.security.auth.callback.NameCallback;
import javax.security.auth.callback.PasswordCallback;
import javax.security.auth.callback.UnsupportedCallbackException;
import javax.security.auth.login.LoginException;
import org.ferrohsm.provider.authentication.AuthenticationStrategyCallback;

/**
 * Where the library reads user and password from whenever a login is due: the callback handler of an application, else
 * {@code -Dferrohsm.user} and {@code -Dferrohsm.password}, else CloudHSM's {@code -DHSM_USER} and
 * {@code -DHSM_PASSWORD}. The environment and the configuration file come after these
 * and are read by the library itself. Nothing is kept. Thread-safe.
 */
final class LoginSource {
    static final String USER = "ferrohsm.user";
    static final String PASSWORD = "ferrohsm.password";
    /** As CloudHSM's provider has them. */
    static final String CLOUDHSM_USER = "HSM_USER";
    static final String CLOUDHSM_PASSWORD = "HSM_PASSWORD";

    private static final AtomicLong LAST = new AtomicLong();
    private static final Map<Long, LoginSource> SOURCES = new ConcurrentHashMap<>();

    private final long number = LAST.incrementAndGet();
    private volatile CallbackHandler handler;

    /** A user and a password as UTF-8, to be wiped by whoever gets them. */
    record UserAndPassword(String user, byte[] password) {
        void wipe() {
            Arrays.fill(password, (byte) 0);
        }
    }

    /** A source that the library can ask for by its number until {@link #forget}. */
    static LoginSource register() {
        LoginSource source = new LoginSource();
        SOURCES.put(source.number, source);
        return source;
    }

    static void forget(long number) {
        SOURCES.remove(number);
    }

    long number() {
        return number;
    }

    void setHandler(CallbackHandler handler) {
        this.handler = handler;
    }

    /** What the library asks: true, name and password, or null where this side has none. */
    static byte[] read(long number) throws LoginException {
        LoginSource source = SOURCES.get(number);
        if (source == null) {
            return null;
        }
        UserAndPassword found = source.handler != null ? ask(source.handler) : properties();
        if (found == null) {
            return null;
        }
        try {
            return Wire.write(out -> {
                out.writeBoolean(true);
                Wire.text(out, found.user());
                Wire.bytes(out, found.password());
            });
        } finally {
            found.wipe();
        }
    }

    private static UserAndPassword properties() throws LoginException {
        UserAndPassword ours = properties(USER, PASSWORD);
        return ours != null ? ours : properties(CLOUDHSM_USER, CLOUDHSM_PASSWORD);
    }

    private static UserAndPassword properties(String userName, String passwordName) throws LoginException {
        String user = System.getProperty(userName);
        String password = System.getProperty(passwordName);
        if (user == null && password == null) {
            return null;
        }
        if (user == null || password == null) {
            throw new LoginException("Only one of -D" + userName + " and -D" + passwordName
                + " is set: set both or none");
        }
        return new UserAndPassword(user, password.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Asks for a password and, if it can, for a name. Without a name the password is {@code user:password}, as tools
     * that know only a PIN (keytool, jarsigner) give it.
     */
    static UserAndPassword ask(CallbackHandler handler) throws LoginException {
        NameCallback name = new NameCallback("FerroHSM user: ");
        PasswordCallback password = new PasswordCallback("FerroHSM password (user:password): ", false);
        try {
            try {
                handler.handle(new Callback[] {name, password});
            } catch (UnsupportedCallbackException e) {
                if (!(e.getCallback() instanceof NameCallback)) {
                    throw e;
                }
                handler.handle(new Callback[] {password});
            }
        } catch (IOException | UnsupportedCallbackException e) {
            throw failure("The callback handler gave no password: " + e.getMessage(), e);
        }
        char[] given = password.getPassword();
        password.clearPassword();
        if (given == null) {
            return askForStrategy(handler);
        }
        try {
            if (name.getName() == null || name.getName().isEmpty()) {
                return split(given);
            }
            return new UserAndPassword(name.getName(), utf8(given, 0));
        } finally {
            Arrays.fill(given, '\0');
        }
    }

    private static UserAndPassword askForStrategy(CallbackHandler handler) throws LoginException {
        AuthenticationStrategyCallback callback = new AuthenticationStrategyCallback();
        try {
            handler.handle(new Callback[] {callback});
        } catch (IOException | UnsupportedCallbackException e) {
            throw failure("The callback handler gave no password", e);
        }
        AuthenticationStrategy strategy = callback.getAuthenticationStrategy();
        if (strategy == null) {
            throw new LoginException("The callback handler gave no password");
        }
        try {
            return new UserAndPassword(strategy.user(), utf8(strategy.password(), 0));
        } finally {
            Arrays.fill(strategy.password(), '\0');
        }
    }

    private static LoginException failure(String message, Exception cause) {
        LoginException failed = new LoginException(message);
        failed.initCause(cause);
        return failed;
    }

    /** Splits {@code user:password} at its first colon. */
    static UserAndPassword split(char[] userAndPassword) throws LoginException {
        for (int i = 0; i < userAndPassword.length; i++) {
            if (userAndPassword[i] == ':' && i > 0) {
                return new UserAndPassword(new String(userAndPassword, 0, i), utf8(userAndPassword, i + 1));
            }
        }
        throw new LoginException("The password names no user: give it as user:password");
    }

    private static byte[] utf8(char[] text, int from) {
        ByteBuffer encoded = StandardCharsets.UTF_8.encode(CharBuffer.wrap(text, from, text.length - from));
        byte[] bytes = new byte[encoded.remaining()];
        encoded.get(bytes);
        Arrays.fill(encoded.array(), (byte) 0);
        return bytes;
    }
}
