package org.ferrohsm.provider;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.KeyPairGenerator;
import java.security.ProviderException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.CallbackHandler;
import javax.security.auth.callback.NameCallback;
import javax.security.auth.callback.PasswordCallback;
import javax.security.auth.callback.UnsupportedCallbackException;
import javax.security.auth.login.FailedLoginException;
import javax.security.auth.login.LoginException;
import org.ferrohsm.provider.authentication.AuthenticationStrategyCallback;
import org.ferrohsm.provider.exception.AccountAlreadyLoggedInException;
import org.ferrohsm.provider.exception.AuthenticationException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** AuthProvider, and where user and password come from. Every test has a configuration without them, and a client. */
class LoginTest {
    private static DevHsm hsm;
    private static String user;
    private static String password;
    private static int configurations;

    @BeforeAll
    static void start() throws Exception {
        hsm = DevHsm.start("fips");
        user = hsm.configValue("user");
        password = hsm.configValue("password");
    }

    @AfterAll
    static void stop() {
        hsm.close();
    }

    private static FerroHsmProvider provider() throws Exception {
        configurations++;
        return new FerroHsmProvider(hsm.configWith("no-login-" + configurations, "^(user|password)").toString());
    }

    private static CallbackHandler handler(String name, String secret) {
        return callbacks -> {
            for (Callback callback : callbacks) {
                if (callback instanceof NameCallback wanted && name != null) {
                    wanted.setName(name);
                } else if (callback instanceof PasswordCallback wanted) {
                    wanted.setPassword(secret.toCharArray());
                } else {
                    throw new UnsupportedCallbackException(callback);
                }
            }
        };
    }

    @Test
    void withoutALoginEveryUseSaysWhatToDo() throws Exception {
        FerroHsmProvider provider = provider();
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", provider);
        ProviderException refused = assertThrows(ProviderException.class, generator::generateKeyPair);
        assertTrue(refused.getMessage().startsWith("not logged in: give user and password"), refused.getMessage());
        assertThrows(LoginException.class, () -> provider.login(null, null));
    }

    @Test
    void row13LogsInWithNameAndPassword() throws Exception {
        FerroHsmProvider provider = provider();
        provider.login(null, handler(user, password));
        assertTrue(provider.toString().contains(", logged in"), provider.toString());
        KeyPairGenerator.getInstance("EC", provider).generateKeyPair();
        provider.logout();
        assertTrue(provider.toString().contains("not logged in"), provider.toString());
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", provider);
        assertThrows(ProviderException.class, generator::generateKeyPair);
        provider.login(null, null); // the handler is known by now
        generator.generateKeyPair();
    }

    @Test
    void row13LogsInWithOnePassword() throws Exception {
        FerroHsmProvider provider = provider();
        provider.setCallbackHandler(handler(null, user + ':' + password));
        provider.login(null, null);
        KeyPairGenerator.getInstance("EC", provider).generateKeyPair();
    }

    /** As newer programs for CloudHSM do it: they look only for this callback. */
    @Test
    void logsInWithAnAuthenticationStrategy() throws Exception {
        FerroHsmProvider provider = provider();
        char[] secret = password.toCharArray();
        provider.login(null, callbacks -> {
            for (Callback callback : callbacks) {
                if (callback instanceof AuthenticationStrategyCallback wanted) {
                    wanted.setAuthenticationStrategy(
                        AuthenticationStrategy.createUsernamePasswordStrategy(UserType.CRYPTO_USER, user, secret));
                }
            }
        });
        assertEquals(user, provider.client().user());
        assertThrows(LoginException.class, () -> provider().login(null, callbacks -> { }));
    }

    @Test
    void cloudHsmsSystemPropertiesLogIn() throws Exception {
        System.setProperty(LoginSource.CLOUDHSM_USER, user);
        System.setProperty(LoginSource.CLOUDHSM_PASSWORD, password);
        try {
            provider().checkHealth();
        } finally {
            System.clearProperty(LoginSource.CLOUDHSM_USER);
            System.clearProperty(LoginSource.CLOUDHSM_PASSWORD);
        }
    }

    /** A virtual thread gets its exceptions from a thread of the library, which knows no class loader of ours. */
    @Test
    void exceptionsOfOurOwnComeFromEveryThread() throws Exception {
        FerroHsmProvider provider = provider();
        CompletableFuture<byte[]> future = new CompletableFuture<>();
        HsmClient client = provider.client();
        assertThrows(AuthenticationException.class, () -> client.random(1));
        java.lang.reflect.Field id = HsmClient.class.getDeclaredField("id");
        id.setAccessible(true);
        HsmNative.random(id.getLong(client), 1, future);
        ExecutionException failed =
            assertThrows(ExecutionException.class, () -> future.get(Patience.SECONDS, java.util.concurrent.TimeUnit.SECONDS));
        assertInstanceOf(AuthenticationException.class, failed.getCause());
    }

    @Test
    void aHandlerIsAskedByItselfWhenALoginIsDue() throws Exception {
        FerroHsmProvider provider = provider();
        provider.setCallbackHandler(handler(user, password));
        KeyPairGenerator.getInstance("EC", provider).generateKeyPair();
        assertTrue(provider.client().isLoggedIn());
    }

    @Test
    void systemPropertiesLogIn() throws Exception {
        FerroHsmProvider provider = provider();
        System.setProperty(LoginSource.USER, user);
        try {
            ProviderException half = assertThrows(ProviderException.class, provider::checkHealth);
            assertTrue(half.getMessage().contains("set both or none"), half.getMessage());
            System.setProperty(LoginSource.PASSWORD, password);
            provider.login(null, null);
            provider.checkHealth();
        } finally {
            System.clearProperty(LoginSource.USER);
            System.clearProperty(LoginSource.PASSWORD);
        }
    }

    @Test
    void aWrongPasswordIsAFailedLogin() throws Exception {
        FerroHsmProvider provider = provider();
        FailedLoginException refused = assertThrows(org.ferrohsm.provider.exception.FailedLoginException.class,
            () -> provider.login(null, handler(user, "wrong password")));
        assertTrue(refused.getMessage().contains("user name or password is wrong"), refused.getMessage());
        assertFalse(refused.getMessage().contains("wrong password:"), "no secret in the message");
        provider.setCallbackHandler(handler(user, "wrong password"));
        ProviderException inPassing = assertThrows(ProviderException.class, provider::checkHealth);
        assertInstanceOf(FailedLoginException.class, inPassing.getCause());
        provider.login(null, handler(user, password));
        provider.checkHealth();
    }

    @Test
    void anotherUserIsRefused() throws Exception {
        FerroHsmProvider provider = provider();
        provider.login(null, handler(user, password));
        AccountAlreadyLoggedInException refused = assertThrows(AccountAlreadyLoggedInException.class,
            () -> provider.login(null, handler("somebody", password)));
        assertTrue(refused.getMessage().contains(user + " is logged in"), refused.getMessage());
        assertEquals(user, provider.client().user());
        provider.checkHealth();
    }

    @Test
    void aPasswordWithoutAUserIsRefusedWithTheForm() throws Exception {
        FerroHsmProvider provider = provider();
        LoginException refused =
            assertThrows(LoginException.class, () -> provider.login(null, handler(null, "secret")));
        assertEquals("The password names no user: give it as user:password", refused.getMessage());
    }
}
