package org.ferrohsm.provider;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.security.KeyPairGenerator;
import java.security.ProviderException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.security.auth.login.AccountLockedException;
import javax.security.auth.login.FailedLoginException;
import org.junit.jupiter.api.Test;

/** A refused password is tried once per process until it changes, so that no application locks its user out. */
class WrongPasswordTest {
    private static final int THREADS = 64;
    private static final int CALLS_PER_THREAD = 3;
    private static final int FAILURES_UNTIL_LOCKED = 5;

    @Test
    void manyThreadsWithAWrongPasswordAreOneAttempt() throws Exception {
        try (DevHsm hsm = DevHsm.start("fips")) {
            String configuration =
                hsm.configWith("wrong", "^password", "password = \"not the password\"").toString();
            FerroHsmProvider provider = new FerroHsmProvider(configuration);
            refuseAll(provider);
            assertEquals(1, attempts(hsm));

            // The file is read again whenever a login is due.
            hsm.configWith("wrong", null);
            KeyPairGenerator.getInstance("EC", provider).generateKeyPair();
            assertEquals(1, attempts(hsm));
        }
    }

    @Test
    void thatAttemptIsCountedOnce() throws Exception {
        try (DevHsm hsm = DevHsm.start("fips")) {
            String user = hsm.configValue("user");
            String password = hsm.configValue("password");
            FerroHsmProvider provider = new FerroHsmProvider(
                hsm.configWith("wrong", "^password", "password = \"not the password\"").toString());
            refuseAll(provider);
            FerroHsmProvider other = new FerroHsmProvider(hsm.configWith("none", "^(user|password)").toString());
            // Two counted attempts instead of one, and the last of these would lock the user.
            guess(other, user, FAILURES_UNTIL_LOCKED - 2);
            other.login(null, LoginTest.handler(user, password));
            other.logout();

            // The right password has set the count back. A locked user is refused with the right one too.
            guess(other, user, FAILURES_UNTIL_LOCKED);
            assertThrows(AccountLockedException.class,
                () -> other.login(null, LoginTest.handler(user, password)));
        }
    }

    /** Tries so many wrong passwords, none of them twice. */
    private static void guess(FerroHsmProvider provider, String user, int count) {
        for (int i = 0; i < count; i++) {
            String guess = "guess " + i + " of " + count;
            assertThrows(FailedLoginException.class, () -> provider.login(null, LoginTest.handler(user, guess)));
        }
    }

    /** How many passwords the server has refused. */
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
}
