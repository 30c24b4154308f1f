package org.ferrohsm.provider;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** One JVM outlives absolute expiries of its login, and restarts of the HSM in between. */
class LoginLifetimeTest {
    private static final String LIFETIME_SECONDS = "3";

    private final AtomicLong signatures = new AtomicLong();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private volatile boolean stop;

    @Test
    void keysWorkThroughTwoExpiriesAndARestart() throws Exception {
        try (DevHsm hsm = DevHsm.start("fips", "--login-lifetime", LIFETIME_SECONDS)) {
            FerroHsmProvider provider =
                new FerroHsmProvider(hsm.configWith("patient", null, "timeout-ms = 60000").toString());
            KeyPair session = KeyPairGenerator.getInstance("EC", provider).generateKeyPair();
            assertFalse(((FerroHsmKey) session.getPrivate()).info().isToken());
            HsmClient client = provider.client();
            KeyPair token = Keys.keyPair(client, client.generateKeyPair(KeyType.EC, 0, Curve.P256,
                new Template().flag("token", true).flag("sign", true), new Template()));
            List<Thread> threads = new ArrayList<>();
            try {
                for (KeyPair pair : List.of(session, token, session, token)) {
                    Thread thread = new Thread(() -> signUntilStopped(provider, pair));
                    thread.start();
                    threads.add(thread);
                }
                await(hsm, 2); // the first token has expired
                hsm.stop();
                hsm.start();
                await(hsm, 3); // the second has
                await(hsm, 4);
                long before = signatures.get();
                await(() -> signatures.get() > before + 2 * threads.size());
            } finally {
                stop = true;
                for (Thread thread : threads) {
                    thread.join();
                }
            }
            assertNull(failure.get(), () -> "after " + signatures + " signatures: " + failure);
            // Renewed, never made anew: a session key belongs to its login.
            assertEquals(1, new HashSet<>(logins(hsm)).size());
            assertTrue(provider.client().isLoggedIn());
        }
    }

    private void signUntilStopped(FerroHsmProvider provider, KeyPair pair) {
        try {
            while (!stop) {
                Signature signature = Signature.getInstance("SHA256withECDSA", provider);
                signature.initSign(pair.getPrivate());
                signature.update((byte) 1);
                byte[] bytes = signature.sign();
                signature.initVerify(pair.getPublic());
                signature.update((byte) 1);
                assertTrue(signature.verify(bytes));
                signatures.incrementAndGet();
                Thread.sleep(2); // two hundred a second in each thread show as much as all that the processors can do
            }
        } catch (Throwable e) {
            failure.compareAndSet(null, e);
        }
    }

    /** Ids of the logins that the server has given a token for, in the order of the tokens. */
    private static List<String> logins(DevHsm hsm) throws Exception {
        return hsm.logged("logged in .*login=\"([0-9a-f]+)\"");
    }

    private void await(DevHsm hsm, int tokens) throws Exception {
        await(() -> logins(hsm).size() >= tokens);
    }

    private interface Condition {
        boolean holds() throws Exception;
    }

    private void await(Condition condition) throws Exception {
        long end = Patience.endNanos();
        while (!condition.holds() && failure.get() == null) {
            assertTrue(System.nanoTime() < end, "waited too long");
            Thread.sleep(20);
        }
    }
}
