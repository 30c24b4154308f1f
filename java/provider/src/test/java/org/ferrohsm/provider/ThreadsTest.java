package org.ferrohsm.provider;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.crypto.Cipher;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;

class ThreadsTest {
    private static final int THREADS = 64;
    private static final int ROUNDS = 25;

    @Test
    void sixtyFourThreadsShareKeysAndProvider() throws Exception {
        FerroHsmProvider provider = DevHsm.provider();
        KeyPair pair = KeyPairGenerator.getInstance("EC", provider).generateKeyPair();
        SecretKey aes = KeyGenerator.getInstance("AES", provider).generateKey();
        ExecutorService pool = Executors.newFixedThreadPool(THREADS);
        try {
            List<Callable<Integer>> work = new ArrayList<>();
            for (int thread = 0; thread < THREADS; thread++) {
                byte number = (byte) thread;
                work.add(() -> {
                    for (int round = 0; round < ROUNDS; round++) {
                        byte[] data = {number, (byte) round};
                        sign(provider, pair, data);
                        encrypt(provider, aes, data);
                    }
                    return ROUNDS;
                });
            }
            int rounds = 0;
            for (Future<Integer> done : pool.invokeAll(work)) {
                rounds += done.get();
            }
            assertEquals(THREADS * ROUNDS, rounds);
        } finally {
            pool.shutdownNow();
        }
    }

    private static void sign(FerroHsmProvider provider, KeyPair pair, byte[] data) throws Exception {
        Signature signature = Signature.getInstance("SHA256withECDSA", provider);
        signature.initSign(pair.getPrivate());
        signature.update(data);
        byte[] signed = signature.sign();
        signature.initVerify(pair.getPublic());
        signature.update(data);
        assertTrue(signature.verify(signed));
    }

    private static void encrypt(FerroHsmProvider provider, SecretKey key, byte[] data) throws Exception {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding", provider);
        cipher.init(Cipher.ENCRYPT_MODE, key);
        byte[] encrypted = cipher.doFinal(data);
        cipher.init(Cipher.DECRYPT_MODE, key, cipher.getParameters());
        assertArrayEquals(data, cipher.doFinal(encrypted));
    }

    @Test
    @EnabledForJreRange(min = JRE.JAVA_21)
    void row11VirtualThreadsDoNotHoldTheirCarrier() throws Exception {
        try (DevHsm hsm = DevHsm.start("fips")) {
            ForkedJvm.Result result = new ForkedJvm()
                .option("-Djdk.virtualThreadScheduler.parallelism=1", "-Djdk.virtualThreadScheduler.maxPoolSize=1")
                .run(VirtualThreadMain.class, hsm.configWith("patient", "^timeout-ms", "timeout-ms = 60000").toString(),
                    Long.toString(hsm.pid()));
            assertEquals(0, result.code(), result.output());
            assertTrue(result.output().contains("ok"), result.output());
        }
    }
}
