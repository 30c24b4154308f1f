package org.ferrohsm.provider;

import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A thousand virtual threads sign with an HSM that is stopped, over one carrier. Arguments: the configuration, the
 * server's process id. Needs JDK 21 or newer, by reflection.
 */
final class VirtualThreadMain {
    private static final int THREADS = 1000;

    private VirtualThreadMain() {
    }

    private static void startVirtual(Runnable body) throws Exception {
        Thread.class.getMethod("startVirtualThread", Runnable.class).invoke(null, body);
    }

    public static void main(String[] arguments) throws Exception {
        FerroHsmProvider provider = new FerroHsmProvider(arguments[0]);
        KeyPair pair = KeyPairGenerator.getInstance("EC", provider).generateKeyPair();
        sign(provider, pair);
        signal("-STOP", arguments[1]);
        AtomicInteger signed = new AtomicInteger();
        CountDownLatch started = new CountDownLatch(THREADS);
        CountDownLatch ended = new CountDownLatch(THREADS);
        try {
            for (int i = 0; i < THREADS; i++) {
                startVirtual(() -> {
                    started.countDown();
                    try {
                        sign(provider, pair);
                        signed.incrementAndGet();
                    } catch (Exception e) {
                        e.printStackTrace(System.out);
                    } finally {
                        ended.countDown();
                    }
                });
            }
            // All of them can only start if each gives the one carrier back while it waits.
            require(started.await(8, TimeUnit.SECONDS), started.getCount() + " virtual threads did not start");
            CountDownLatch progress = new CountDownLatch(1);
            startVirtual(progress::countDown);
            require(progress.await(5, TimeUnit.SECONDS), "another virtual thread made no progress");
            require(signed.get() == 0, "the HSM was not stopped");
        } finally {
            signal("-CONT", arguments[1]);
        }
        require(ended.await(Patience.SECONDS, TimeUnit.SECONDS), "some virtual threads never ended");
        require(signed.get() == THREADS, "only " + signed.get() + " signatures");
        System.out.println("ok");
    }

    private static void sign(FerroHsmProvider provider, KeyPair pair) throws Exception {
        Signature signature = Signature.getInstance("SHA256withECDSA", provider);
        signature.initSign(pair.getPrivate());
        signature.update((byte) 1);
        byte[] bytes = signature.sign();
        signature.initVerify(pair.getPublic());
        signature.update((byte) 1);
        require(signature.verify(bytes), "a signature does not verify");
    }

    private static void signal(String name, String pid) throws Exception {
        require(new ProcessBuilder("kill", name, pid).inheritIO().start().waitFor() == 0, "kill " + name);
    }

    private static void require(boolean condition, String what) {
        if (!condition) {
            throw new IllegalStateException(what);
        }
    }
}
