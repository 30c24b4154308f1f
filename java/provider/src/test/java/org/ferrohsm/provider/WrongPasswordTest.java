package org.ferrohsm.provider;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.security.KeyPairGenerator;
import java.security.ProviderException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.security.auth.callback.NameCallback;
import javax.security.auth.callback.PasswordCallback;
import javax.security.auth.login.FailedLoginException;
import javax.security.auth.login.LoginException;
import org.junit.jupiter.api.Test;

/** A refused password is tried once per process until it changes, so that no application locks its user out. */
class WrongPasswordTest {
    private static final int THREADS = 64;
    private static final int CALLS_PER_THREAD = 3;

    @Test
    void manyThreadsWithAWrongPasswordAreOneAttempt() throws Exception {
        try (DevHsm hsm = DevHsm.start("fips")) {
            String configuration =
                hsm.configWith("wrong", "^password", "password = \"not the password\"").toString();
            FerroHsmProvider provider = new FerroHsmProvider(configuration);
            refuseAll(provider);
            assertEquals(1, attempts(hsm));
            assertEquals(1, failedLogins(hsm));

            // The file is read again whenever a login is due.
            hsm.configWith("wrong", null);
            KeyPairGenerator.getInstance("EC", provider).generateKeyPair();
            assertEquals(1, attempts(hsm));
            assertEquals(0, failedLogins(hsm));
        }
    }

    /** What the server counts against the user, as a crypto officer sees it. */
    private static int failedLogins(DevHsm hsm) throws Exception {
        Process list = new ProcessBuilder(System.getProperty("ferrohsm.test.cli"), "--config",
            hsm.config().resolveSibling("admin.toml").toString(), "--json", "user", "list")
            .redirectErrorStream(true)
            .start();
        list.getOutputStream().close();
        String users = new String(list.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, list.waitFor(), users);
        String user = "\\{[^{}]*\"username\":\\s*\"" + hsm.configValue("user") + "\"[^{}]*}";
        Matcher entry = Pattern.compile(user).matcher(users);
        assertTrue(entry.find(), users);
        Matcher failed = Pattern.compile("\"failed-logins\":\\s*(\\d+)").matcher(entry.group());
        assertTrue(failed.find(), users);
        return Integer.parseInt(failed.group(1));
    }

    /** How many passwords the server has refused: it counts a repeated one only once, so this is what clients tried. */
    private static int attempts(DevHsm hsm) throws Exception {
        return hsm.logged("(login refused)").size();
    }

    private static void refuseAll(FerroHsmProvider provider) throws Exception {
        CyclicBarrier start = new CyclicBarrier(THREADS);
        ExecutorService pool = Executors.newFixedThreadPool(THREADS);
        try {
            List<Callable<Void>> work = new ArrayList<>();
            for (int thread = 0; thread < THREADS; thread++) {
                work.add(() -> {
                    start.await();
                    for (int call = 0; call < CALLS_PER_THREAD; call++) {
                        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", provider);
                        ProviderException refused =
                            assertThrows(ProviderException.class, generator::generateKeyPair);
                        assertInstanceOf(FailedLoginException.class, refused.getCause());
                    }
                    return null;
                });
            }
            for (Future<Void> done : pool.invokeAll(work)) {
                done.get();
            }
        } finally {
            pool.shutdownNow();
        }
    }

    /** Different wrong passwords count, and the class says which of both it is. */
    @Test
    void aLockedUserIsTold() throws Exception {
        try (DevHsm hsm = DevHsm.start("fips")) {
            String user = hsm.configValue("user");
            LoginException last = null;
            for (int i = 0; i < 6; i++) {
                String password = "wrong number " + i;
                FerroHsmProvider provider =
                    new FerroHsmProvider(hsm.configWith("lock-" + i, "^(user|password)").toString());
                last = assertThrows(LoginException.class, () -> provider.login(null, callbacks -> {
                    ((NameCallback) callbacks[0]).setName(user);
                    ((PasswordCallback) callbacks[1]).setPassword(password.toCharArray());
                }));
            }
            assertInstanceOf(org.ferrohsm.provider.exception.AccountLockedException.class, last);
        }
    }

    @Test
    void anHsmThatIsNotThereIsNoWrongPassword() throws Exception {
        try (DevHsm hsm = DevHsm.start("fips")) {
            FerroHsmProvider provider = new FerroHsmProvider(hsm.configWith("nowhere", "^addresses",
                "addresses = [\"127.0.0.1:1\"]", "timeout-ms = 300").toString());
            assertThrows(org.ferrohsm.provider.exception.ProviderException.class, provider::checkHealth);
        }
    }
}
