package org.ferrohsm.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Provider;
import java.security.ProviderException;
import java.security.Security;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.ferrohsm.provider.FerroHsmProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** {@link FerroHsmServer}: its options, its faults, and what is left of it. */
class FerroHsmServerTest {
    private static byte[] sign(Provider provider, KeyPair pair) throws Exception {
        Signature signature = Signature.getInstance("SHA256withECDSA", provider);
        signature.initSign(pair.getPrivate());
        signature.update((byte) 1);
        return signature.sign();
    }

    private static KeyPair pair(Provider provider) throws Exception {
        return KeyPairGenerator.getInstance("EC", provider).generateKeyPair();
    }

    private static KeyPair tokenPair(FerroHsmServer hsm) throws Exception {
        class Wanted {
            @SuppressWarnings("unused")
            void pair(@HsmKey(attributes = {"token=true", "label=kept"}) KeyPair pair) {
            }
        }
        HsmKey wanted = Wanted.class.getDeclaredMethod("pair", KeyPair.class).getParameters()[0]
            .getAnnotation(HsmKey.class);
        return HsmKeys.keyPair(hsm.provider(), wanted);
    }

    @Test
    @SuppressWarnings("try") // closed twice on purpose
    void isThereAndLeavesNothing() throws Exception {
        Path directory;
        long pid;
        String name;
        try (FerroHsmServer hsm = FerroHsmServer.start()) {
            FerroHsmProvider provider = hsm.provider();
            sign(provider, pair(provider));
            assertSame(provider, hsm.provider("APP"));
            name = provider.getName();
            assertNull(Security.getProvider(name));
            assertTrue(Security.addProvider(provider) > 0);
            assertEquals(0, hsm.keyStore().size());
            assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(hsm.config())));
            assertTrue(Files.readString(hsm.config()).contains("127.0.0.1:" + hsm.port()));
            assertTrue(hsm.log().contains("TLS listener open"), hsm.log());
            directory = hsm.config().getParent();
            pid = hsm.pid();
            assertTrue(ProcessHandle.of(pid).isPresent());
            hsm.close();
        }
        assertFalse(Files.exists(directory));
        assertTrue(ProcessHandle.of(pid).isEmpty());
        assertNull(Security.getProvider(name));
    }

    @Test
    void aProviderThatTheTestPutInItsPlaceStays() throws Exception {
        FerroHsmServer hsm = FerroHsmServer.start();
        String name = hsm.provider().getName();
        Provider other = new Provider(name, "1", "another one") {
            private static final long serialVersionUID = 1L;
        };
        Security.addProvider(other);
        try {
            hsm.close();
            assertSame(other, Security.getProvider(name));
        } finally {
            Security.removeProvider(name);
        }
    }

    @Test
    void modeDecidesWhatIsRefused() throws Exception {
        for (ClusterMode mode : ClusterMode.values()) {
            try (FerroHsmServer hsm = FerroHsmServer.builder().mode(mode).start()) {
                KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", hsm.provider());
                generator.initialize(new ECGenParameterSpec("secp256k1"));
                if (mode == ClusterMode.FIPS) {
                    assertThrows(ProviderException.class, generator::generateKeyPair);
                } else {
                    generator.generateKeyPair();
                }
            }
        }
    }

    @Test
    void usersHaveTheirOwnKeys() throws Exception {
        try (FerroHsmServer hsm = FerroHsmServer.builder().users("alice", "Bob").start()) {
            tokenPair(hsm);
            assertTrue(hsm.keyStore().containsAlias("kept"));
            assertFalse(hsm.keyStore("alice").containsAlias("kept"));
            assertFalse(hsm.keyStore("bob").containsAlias("kept"));
            assertNotEquals(hsm.config("alice"), hsm.config("bob"));
            String message =
                assertThrows(IllegalArgumentException.class, () -> hsm.provider("mallory")).getMessage();
            assertTrue(message.contains("builder().users(\"mallory\")"), message);
        }
    }

    /** A user may be called like the file that another's configuration might be in. */
    @Test
    void usersWithNumbers() throws Exception {
        try (FerroHsmServer first = FerroHsmServer.start()) {
            int next = Integer.parseInt(first.config().getFileName().toString().replaceAll("\\D", "")) + 1;
            try (FerroHsmServer hsm = FerroHsmServer.builder().users("alice", "alice-" + next).start()) {
                hsm.keyStore("alice-" + next);
                hsm.keyStore("alice");
                assertNotEquals(hsm.config("alice"), hsm.config("alice-" + next));
            }
        }
    }

    @Test
    void closeIsNotCutShort() throws Exception {
        FerroHsmServer hsm = FerroHsmServer.start();
        Path directory = hsm.config().getParent();
        Thread.currentThread().interrupt();
        hsm.close();
        assertTrue(Thread.interrupted());
        assertFalse(Files.exists(directory));
        assertTrue(ProcessHandle.of(hsm.pid()).isEmpty());
    }

    @Test
    void whatIsClosedStaysClosed() {
        FerroHsmServer hsm = FerroHsmServer.builder().users("alice").start();
        hsm.close();
        for (Executable use : new Executable[] {hsm::restart, hsm::provider, () -> hsm.keyStore("alice")}) {
            String message = assertThrows(IllegalStateException.class, use).getMessage();
            assertTrue(message.contains("start another one"), message);
        }
        assertThrows(IllegalStateException.class, hsm::pause);
        hsm.kill();
        hsm.resume();
        assertTrue(hsm.log().contains("TLS listener open"), hsm.log());
    }

    private static Set<String> openLogs() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
            return files.map(file -> {
                try {
                    return Files.readSymbolicLink(file).toString();
                } catch (IOException e) {
                    return ""; // closed meanwhile
                }
            }).filter(target -> target.contains("/ferrohsm-") && target.contains(".log")).collect(Collectors.toSet());
        }
    }

    @Test
    void closeLetsGoOfTheLog() throws Exception {
        Set<String> before = openLogs();
        try (FerroHsmServer hsm = FerroHsmServer.start()) {
            hsm.restart();
            assertTrue(openLogs().size() >= 2, "the log is elsewhere");
        }
        Set<String> after = openLogs();
        after.removeAll(before);
        assertEquals(Set.of(), after);
    }

    @Test
    void whatTheServerRefusesIsSaid() {
        FerroHsmServer.Builder options = FerroHsmServer.builder().users("a/b");
        String message = assertThrows(IllegalStateException.class, options::start).getMessage();
        assertTrue(message.contains("is not ready") && message.contains("user name"), message);
    }

    @Test
    void afterAKillTokenKeysAreThereAgain() throws Exception {
        try (FerroHsmServer hsm = FerroHsmServer.start()) {
            KeyPair pair = tokenPair(hsm);
            sign(hsm.provider(), pair);
            int port = hsm.port();
            long pid = hsm.pid();
            hsm.kill();
            assertTrue(ProcessHandle.of(pid).isEmpty());
            assertThrows(ProviderException.class, hsm.provider()::checkHealth);
            assertThrows(IllegalStateException.class, hsm::pause);
            hsm.restart();
            assertEquals(port, hsm.port());
            assertNotEquals(pid, hsm.pid());
            sign(hsm.provider(), pair);
            assertTrue(hsm.keyStore().containsAlias("kept"));
        }
    }

    @Test
    void aRestartKeepsSessionKeys() throws Exception {
        try (FerroHsmServer hsm = FerroHsmServer.start()) {
            KeyPair pair = pair(hsm.provider());
            hsm.restart();
            sign(hsm.provider(), pair);
            assertTrue(hsm.log().split("TLS listener open", -1).length == 3, hsm.log());
        }
    }

    @Test
    void aPausedHsmAnswersWhenItGoesOn() throws Exception {
        try (FerroHsmServer hsm = FerroHsmServer.start()) {
            KeyPair pair = pair(hsm.provider());
            sign(hsm.provider(), pair);
            hsm.pause();
            hsm.pause();
            CompletableFuture<byte[]> signed = CompletableFuture.supplyAsync(() -> {
                try {
                    return sign(hsm.provider(), pair);
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
            assertThrows(TimeoutException.class, () -> signed.get(300, TimeUnit.MILLISECONDS));
            hsm.resume();
            assertTrue(signed.get(ServerProcess.PATIENCE_SECONDS, TimeUnit.SECONDS).length > 0);
            hsm.resume();
            hsm.pause();
            hsm.restart(); // runs on first
            sign(hsm.provider(), pair);
            hsm.pause(); // and so it does to be closed
        }
    }

    @Test
    void aPausedHsmCanBeKilled() throws Exception {
        try (FerroHsmServer hsm = FerroHsmServer.start()) {
            KeyPair pair = tokenPair(hsm);
            hsm.pause();
            hsm.kill();
            hsm.restart();
            sign(hsm.provider(), pair);
        }
    }

    private static Duration time(FerroHsmServer hsm) {
        long start = System.nanoTime();
        hsm.provider().checkHealth();
        return Duration.ofNanos(System.nanoTime() - start);
    }

    @Test
    void latencyCanBeChanged() throws Exception {
        try (FerroHsmServer hsm = FerroHsmServer.builder().latency(Duration.ofMillis(100)).start()) {
            KeyPair pair = pair(hsm.provider());
            assertTrue(time(hsm).toMillis() >= 100);
            hsm.setLatency(Duration.ofMillis(400));
            assertTrue(time(hsm).toMillis() >= 400);
            hsm.setLatency(Duration.ZERO);
            Duration fastest = IntStream.range(0, 50).mapToObj(i -> time(hsm)).min(Duration::compareTo).orElseThrow();
            assertTrue(fastest.toMillis() < 100, fastest.toString());
            hsm.restart();
            sign(hsm.provider(), pair);
            hsm.kill();
            assertThrows(ProviderException.class, hsm.provider()::checkHealth);
        }
    }

    @Test
    void latencyNeedsAProxy() {
        try (FerroHsmServer hsm = FerroHsmServer.start()) {
            String message =
                assertThrows(IllegalStateException.class, () -> hsm.setLatency(Duration.ofMillis(1))).getMessage();
            assertTrue(message.contains("latencyMillis"), message);
        }
        assertThrows(IllegalArgumentException.class, () -> FerroHsmServer.builder().latency(Duration.ofMillis(-1)));
    }

    @Test
    void severalStartAtTheSameTime() {
        Set<FerroHsmServer> all = IntStream.range(0, 4).parallel().mapToObj(i -> FerroHsmServer.start())
            .collect(Collectors.toSet());
        try {
            assertEquals(4, all.stream().map(FerroHsmServer::port).distinct().count());
            all.forEach(hsm -> hsm.provider().checkHealth());
            assertEquals(4, all.stream().map(hsm -> hsm.provider().getName()).distinct().count());
        } finally {
            all.forEach(FerroHsmServer::close);
        }
    }
}
