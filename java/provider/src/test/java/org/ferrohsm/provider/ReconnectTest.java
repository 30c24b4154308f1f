package org.ferrohsm.provider;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.ProviderException;
import java.security.PublicKey;
import java.security.Signature;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

/** The same Key object goes on working across everything that can happen to an HSM but its loss. */
class ReconnectTest {
    private static void sign(FerroHsmProvider provider, PrivateKey key, PublicKey publicKey) throws Exception {
        Signature signature = Signature.getInstance("SHA256withECDSA", provider);
        signature.initSign(key);
        signature.update((byte) 1);
        byte[] signed = signature.sign();
        signature.initVerify(publicKey);
        signature.update((byte) 1);
        assertTrue(signature.verify(signed));
    }

    private static KeyPair tokenPair(FerroHsmProvider provider) throws Exception {
        HsmClient client = provider.client();
        return Keys.keyPair(client, client.generateKeyPair(KeyType.EC, 0, Curve.P256,
            new Template().flag("token", true), new Template()));
    }

    @Test
    void row2KeysSurviveKillAndRestart() throws Exception {
        try (DevHsm hsm = DevHsm.start("fips")) {
            FerroHsmProvider provider = new FerroHsmProvider(hsm.config().toString());
            KeyPair pair = tokenPair(provider);
            for (int i = 0; i < 3; i++) {
                sign(provider, pair.getPrivate(), pair.getPublic());
                hsm.kill();
                hsm.start();
            }
            sign(provider, pair.getPrivate(), pair.getPublic());
        }
    }

    @Test
    void row2SessionKeysSurviveACleanRestart() throws Exception {
        try (DevHsm hsm = DevHsm.start("fips")) {
            FerroHsmProvider provider = new FerroHsmProvider(hsm.config().toString());
            KeyPair pair = KeyPairGenerator.getInstance("EC", provider).generateKeyPair();
            hsm.stop();
            hsm.start();
            sign(provider, pair.getPrivate(), pair.getPublic());
        }
    }

    @Test
    void row2ACallUnderWayIsRepeatedAfterARestart() throws Exception {
        try (DevHsm hsm = DevHsm.start("fips")) {
            FerroHsmProvider provider = new FerroHsmProvider(hsm.configWith("patient", "^timeout-ms",
                "timeout-ms = 60000").toString());
            KeyPair pair = tokenPair(provider);
            hsm.pause();
            CompletableFuture<Void> underWay = CompletableFuture.runAsync(() -> {
                try {
                    sign(provider, pair.getPrivate(), pair.getPublic());
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
            hsm.kill();
            hsm.start();
            underWay.get();
        }
    }

    @Test
    void anHsmThatIsDownIsSaidWithinTheTimeout() throws Exception {
        try (DevHsm hsm = DevHsm.start("fips")) {
            FerroHsmProvider provider = new FerroHsmProvider(hsm.configWith("hasty", "^timeout-ms",
                "timeout-ms = 5000").toString());
            KeyPair pair = tokenPair(provider);
            hsm.stop();
            long start = System.nanoTime();
            ProviderException down = assertThrows(ProviderException.class,
                () -> sign(provider, pair.getPrivate(), pair.getPublic()));
            assertTrue(System.nanoTime() - start < 15_000_000_000L, "the deadline was 5 s");
            assertTrue(down.getMessage().contains("no HSM could be reached"), down.getMessage());
            hsm.start();
            sign(provider, pair.getPrivate(), pair.getPublic());
        }
    }

    /** What the provider logged, as the level and the text, once there are so many lines about this HSM. */
    private static List<String> awaitLines(List<LogRecord> records, String address, int count)
        throws InterruptedException {
        long end = Patience.endNanos();
        while (true) {
            List<String> lines = records.stream().filter(line -> line.getMessage().contains(address))
                .map(line -> line.getLevel() + " " + line.getMessage()).toList();
            if (lines.size() >= count || System.nanoTime() > end) {
                return lines;
            }
            Thread.sleep(10);
        }
    }

    @Test
    void anHsmThatGoesAwayAndComesBackIsLoggedOnceEach() throws Exception {
        List<LogRecord> records = new CopyOnWriteArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord line) {
                records.add(line);
                // What a logger throws is nobody's business but its own.
                throw new IllegalStateException("a logger that fails");
            }

            @Override
            public void flush() {
            }

            @Override
            public void close() {
            }
        };
        Logger logger = Logger.getLogger("org.ferrohsm.provider");
        logger.addHandler(handler);
        try (DevHsm hsm = DevHsm.start("fips")) {
            FerroHsmProvider provider = new FerroHsmProvider(hsm.configWith("hasty", "^timeout-ms",
                "timeout-ms = 5000").toString());
            KeyPair pair = tokenPair(provider);
            hsm.kill();
            assertThrows(ProviderException.class, () -> sign(provider, pair.getPrivate(), pair.getPublic()));
            assertThrows(ProviderException.class, () -> sign(provider, pair.getPrivate(), pair.getPublic()));
            List<String> away = awaitLines(records, hsm.address(), 1);
            assertEquals(1, away.size(), away.toString());
            assertTrue(away.get(0).startsWith("WARNING HSM is away (hsm=" + hsm.address() + ", cause="), away.get(0));
            hsm.start();
            sign(provider, pair.getPrivate(), pair.getPublic());
            List<String> back = awaitLines(records, hsm.address(), 2);
            assertEquals("INFO HSM is back (hsm=" + hsm.address() + ")", back.get(1));
            sign(provider, pair.getPrivate(), pair.getPublic());
            assertEquals(2, awaitLines(records, hsm.address(), 2).size());
        } finally {
            logger.removeHandler(handler);
        }
    }

    @Test
    void aProviderMadeWhileTheHsmIsDownWorksOnceItIsUp() throws Exception {
        try (DevHsm hsm = DevHsm.start("fips")) {
            hsm.stop();
            FerroHsmProvider provider = new FerroHsmProvider(hsm.configWith("hasty", "^timeout-ms",
                "timeout-ms = 5000").toString());
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", provider);
            ProviderException down = assertThrows(ProviderException.class, generator::generateKeyPair);
            assertInstanceOf(String.class, down.getMessage());
            hsm.start();
            KeyPair pair = generator.generateKeyPair();
            sign(provider, pair.getPrivate(), pair.getPublic());
            assertEquals("EC", pair.getPrivate().getAlgorithm());
        }
    }
}
