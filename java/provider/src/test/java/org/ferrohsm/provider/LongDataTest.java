package org.ferrohsm.provider;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.ProviderException;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.AlgorithmParameterSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.CipherInputStream;
import javax.crypto.CipherOutputStream;
import javax.crypto.IllegalBlockSizeException;
import javax.crypto.KeyGenerator;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.ShortBufferException;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** AES-GCM, ChaCha20-Poly1305 and MACs of data that does not fit one call. */
class LongDataTest {
    private static final String GCM = "AES/GCM/NoPadding";
    private static final String CHACHA20 = "ChaCha20-Poly1305";
    private static final List<String> AEADS = List.of(GCM, CHACHA20);
    private static final int MIB = 1024 * 1024;
    /** What one call takes, as {@code Tables.maxDataBytes()} has it. */
    private static final int ONE_CALL = 983_040;

    private static FerroHsmProvider provider;
    private static SecretKey aes;
    private static SecretKey softwareAes;
    private static SecretKey chacha20;
    private static SecretKey softwareChacha20;
    private static SecretKey secret;
    private static SecretKey softwareSecret;

    @BeforeAll
    static void generate() throws Exception {
        provider = DevHsm.provider();
        assertEquals(ONE_CALL, Tables.get().maxDataBytes());
        byte[] bytes = new byte[32];
        new Random(4).nextBytes(bytes);
        softwareAes = new SecretKeySpec(bytes, "AES");
        aes = SecretKeyFactory.getInstance("AES", provider).generateSecret(new SecretKeySpec(bytes, "AES"));
        softwareChacha20 = new SecretKeySpec(bytes, "ChaCha20");
        chacha20 = SecretKeyFactory.getInstance("ChaCha20", provider).generateSecret(new SecretKeySpec(bytes, "ChaCha20"));
        softwareSecret = new SecretKeySpec(bytes, "GenericSecret");
        secret = SecretKeyFactory.getInstance("GenericSecret", provider)
            .generateSecret(new SecretKeySpec(bytes, "GenericSecret"));
    }

    private static byte[] data(int length) {
        byte[] data = new byte[length];
        new Random(length).nextBytes(data);
        return data;
    }

    private static AlgorithmParameterSpec spec(String name, byte[] iv) {
        return iv == null ? null : name.equals(GCM) ? new GCMParameterSpec(128, iv) : new IvParameterSpec(iv);
    }

    private static SecretKey keyFor(String name) {
        return name.equals(GCM) ? aes : chacha20;
    }

    private static Cipher hsm(String name, int mode, byte[] iv) throws Exception {
        Cipher cipher = Cipher.getInstance(name, provider);
        cipher.init(mode, keyFor(name), spec(name, iv));
        return cipher;
    }

    private static Cipher jdk(String name, int mode, byte[] iv) throws Exception {
        Cipher cipher = Cipher.getInstance(name, "SunJCE");
        cipher.init(mode, name.equals(GCM) ? softwareAes : softwareChacha20, spec(name, iv));
        return cipher;
    }

    /** Update by update, within the room that the cipher asks for; the last step goes to doFinal. */
    private static byte[] run(Cipher cipher, byte[] data, int step) throws Exception {
        ByteArrayOutputStream output = new ByteArrayOutputStream(data.length + 16);
        int at = 0;
        for (; data.length - at > step; at += step) {
            byte[] room = new byte[cipher.getOutputSize(step)];
            output.write(room, 0, cipher.update(data, at, step, room, 0));
        }
        output.writeBytes(cipher.doFinal(data, at, data.length - at));
        return output.toByteArray();
    }

    @ParameterizedTest
    @ValueSource(ints = {ONE_CALL - 16, ONE_CALL - 15, ONE_CALL, ONE_CALL + 1, 4 * 262_144 - 1, 4 * 262_144,
        4 * 262_144 + 1, 3_000_001, 20 * MIB})
    void bothWaysAgainstTheJdk(int length) throws Exception {
        byte[] data = data(length);
        for (String name : AEADS) {
            for (int step : new int[] {1000, 262_144, 700_001, Integer.MAX_VALUE}) {
                if (step == 1000 && length > 4_000_000) {
                    continue;
                }
                Cipher encryption = hsm(name, Cipher.ENCRYPT_MODE, null);
                encryption.updateAAD(data, 0, 77);
                byte[] encrypted = run(encryption, data, step);
                Cipher jdk = jdk(name, Cipher.ENCRYPT_MODE, encryption.getIV());
                jdk.updateAAD(data, 0, 77);
                assertArrayEquals(jdk.doFinal(data), encrypted, name + ' ' + length + " in steps of " + step);
                Cipher decryption = hsm(name, Cipher.DECRYPT_MODE, encryption.getIV());
                decryption.updateAAD(data, 0, 77);
                assertArrayEquals(data, run(decryption, encrypted, step), name + ' ' + length + " in steps of " + step);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {GCM, CHACHA20})
    void associatedDataOfAnyLength(String name) throws Exception {
        byte[] aad = data(5 * MIB);
        for (int length : new int[] {0, 10, 2 * MIB}) {
            byte[] data = data(length);
            Cipher encryption = hsm(name, Cipher.ENCRYPT_MODE, null);
            encryption.updateAAD(aad, 0, 100);
            encryption.updateAAD(aad, 100, aad.length - 100);
            byte[] encrypted = encryption.doFinal(data);
            Cipher jdk = jdk(name, Cipher.ENCRYPT_MODE, encryption.getIV());
            jdk.updateAAD(aad);
            assertArrayEquals(jdk.doFinal(data), encrypted);
            Cipher decryption = hsm(name, Cipher.DECRYPT_MODE, encryption.getIV());
            decryption.updateAAD(aad);
            assertArrayEquals(data, decryption.doFinal(encrypted));
            aad[aad.length - 1] ^= 1;
            decryption.updateAAD(aad);
            assertThrows(AEADBadTagException.class, () -> decryption.doFinal(encrypted));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {GCM, CHACHA20})
    void shortDataWaitsForItsEnd(String name) throws Exception {
        byte[] data = data(ONE_CALL + 1);
        Cipher encryption = hsm(name, Cipher.ENCRYPT_MODE, null);
        encryption.updateAAD(data, 0, 1);
        assertNull(encryption.update(data, 0, ONE_CALL - 1));
        byte[] first = encryption.update(data, ONE_CALL - 1, 2);
        assertEquals(3 * 262_144, first.length);
        assertEquals(data.length + 16 - first.length, encryption.doFinal().length);
    }

    /** More than any one side holds: ciphertext comes as data goes. */
    @ParameterizedTest
    @ValueSource(strings = {GCM, CHACHA20})
    void twoHundredMegabytesAreEncryptedAsTheyCome(String name) throws Exception {
        Cipher encryption = hsm(name, Cipher.ENCRYPT_MODE, null);
        Cipher jdk = jdk(name, Cipher.ENCRYPT_MODE, encryption.getIV());
        MessageDigest[] digests = {MessageDigest.getInstance("SHA-256"), MessageDigest.getInstance("SHA-256")};
        byte[] part = data(MIB + 13);
        long given = 0;
        for (int i = 0; i < 200; i++) {
            byte[] encrypted = encryption.update(part);
            given += encrypted == null ? 0 : encrypted.length;
            assertTrue((i + 1L) * part.length - given < 2 * MIB, "ciphertext is kept back");
            digests[0].update(encrypted == null ? new byte[0] : encrypted);
            digests[1].update(jdk.update(part));
        }
        digests[0].update(encryption.doFinal());
        digests[1].update(jdk.doFinal());
        assertArrayEquals(digests[1].digest(), digests[0].digest());
    }

    @ParameterizedTest
    @ValueSource(strings = {GCM, CHACHA20})
    void aDecryptionUpToItsLimitAndAbove(String name) throws Exception {
        int limit = Tables.get().maxHeldBytes();
        assertEquals(64 * MIB, limit);
        byte[] data = data(limit);
        byte[] iv = new byte[12];
        byte[] encrypted = jdk(name, Cipher.ENCRYPT_MODE, iv).doFinal(data);
        Cipher decryption = hsm(name, Cipher.DECRYPT_MODE, iv);
        assertArrayEquals(data, decryption.doFinal(encrypted));
        // At update, since CipherOutputStream.close() swallows what doFinal throws.
        CipherOutputStream stream = new CipherOutputStream(new ByteArrayOutputStream(), decryption);
        ProviderException tooMuch = assertThrows(ProviderException.class, () -> {
            stream.write(encrypted);
            stream.write(1);
        });
        assertTrue(tooMuch.getMessage().contains(limit + " bytes (64 MiB)"), tooMuch.getMessage());
        assertThrows(IllegalStateException.class, stream::close);
        decryption.init(Cipher.DECRYPT_MODE, keyFor(name), spec(name, iv));
        byte[] one = Arrays.copyOf(encrypted, encrypted.length + 1);
        IllegalBlockSizeException longer =
            assertThrows(IllegalBlockSizeException.class, () -> decryption.doFinal(one));
        assertTrue(longer.getMessage().contains("64 MiB"), longer.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {GCM, CHACHA20})
    void aChangedBitGivesNothing(String name) throws Exception {
        byte[] data = data(3 * MIB);
        byte[] iv = new byte[12];
        byte[] encrypted = jdk(name, Cipher.ENCRYPT_MODE, iv).doFinal(data);
        Cipher decryption = hsm(name, Cipher.DECRYPT_MODE, iv);
        for (int at : new int[] {0, 2 * MIB, 3 * MIB, 3 * MIB + 15}) {
            encrypted[at] ^= 4;
            assertNull(decryption.update(encrypted, 0, 2_500_000));
            assertThrows(AEADBadTagException.class,
                () -> decryption.doFinal(encrypted, 2_500_000, encrypted.length - 2_500_000));
            encrypted[at] ^= 4;
        }
        assertArrayEquals(data, decryption.doFinal(encrypted));
    }

    @ParameterizedTest
    @ValueSource(strings = {GCM, CHACHA20})
    void aShortBufferCostsNothing(String name) throws Exception {
        byte[] data = data(2 * MIB);
        Cipher encryption = hsm(name, Cipher.ENCRYPT_MODE, null);
        assertThrows(ShortBufferException.class, () -> encryption.update(data, 0, 2 * MIB, new byte[2 * MIB - 1], 0));
        byte[] output = new byte[encryption.getOutputSize(2 * MIB)];
        int length = encryption.update(data, 0, 2 * MIB, output, 0);
        assertThrows(ShortBufferException.class, () -> encryption.doFinal(new byte[15], 0));
        length += encryption.doFinal(output, length);
        assertEquals(output.length, length);
        assertArrayEquals(jdk(name, Cipher.ENCRYPT_MODE, encryption.getIV()).doFinal(data), output);
    }

    @ParameterizedTest
    @ValueSource(strings = {GCM, CHACHA20})
    void theRulesForIvsHold(String name) throws Exception {
        byte[] data = data(2 * MIB);
        Cipher encryption = hsm(name, Cipher.ENCRYPT_MODE, null);
        byte[] early = encryption.getIV();
        byte[] first = encryption.update(data);
        assertNotNull(first);
        assertArrayEquals(early, encryption.getIV());
        encryption.doFinal();
        assertThrows(IllegalStateException.class, () -> encryption.update(data));
        Cipher late = hsm(name, Cipher.ENCRYPT_MODE, null);
        late.update(data);
        assertEquals(12, late.getIV().length);
        assertThrows(IllegalStateException.class, () -> late.updateAAD(new byte[1]));
    }

    @ParameterizedTest
    @ValueSource(strings = {"HmacSHA1", "HmacSHA256", "HmacSHA512"})
    void hmacOfAHundredMegabytes(String algorithm) throws Exception {
        byte[] data = data(100 * MIB + 7);
        Mac jdk = Mac.getInstance(algorithm, "SunJCE");
        jdk.init(softwareSecret);
        byte[] expected = jdk.doFinal(data);
        Mac mac = Mac.getInstance(algorithm, provider);
        mac.init(secret);
        assertArrayEquals(expected, mac.doFinal(data));
        for (int at = 0, step = 1; at < data.length; at += step, step = Math.min(step * 3, data.length - at)) {
            mac.update(data, at, step);
        }
        assertArrayEquals(expected, mac.doFinal(), "the same object again, in steps");
        assertArrayEquals(jdk.doFinal(new byte[3]), mac.doFinal(new byte[3]), "and for short data");
    }

    /** SP 800-38B for whole blocks, made of the JDK's CBC: the JDK has no CMAC. */
    @Test
    void cmacOfAHundredMegabytes() throws Exception {
        byte[] data = data(100 * MIB);
        Mac mac = Mac.getInstance("AESCMAC", provider);
        mac.init(aes);
        byte[] made = mac.doFinal(data);
        Cipher ecb = Cipher.getInstance("AES/ECB/NoPadding", "SunJCE");
        ecb.init(Cipher.ENCRYPT_MODE, softwareAes);
        byte[] subkey = ecb.doFinal(new byte[16]);
        int carry = 0;
        for (int i = 15; i >= 0; i--) {
            int doubled = (subkey[i] & 0xFF) << 1 | carry;
            subkey[i] = (byte) doubled;
            carry = doubled >> 8;
        }
        subkey[15] ^= carry * 0x87;
        for (int i = 0; i < 16; i++) {
            data[data.length - 16 + i] ^= subkey[i];
        }
        Cipher cbc = Cipher.getInstance("AES/CBC/NoPadding", "SunJCE");
        cbc.init(Cipher.ENCRYPT_MODE, softwareAes, new IvParameterSpec(new byte[16]));
        byte[] last = null;
        for (int at = 0; at < data.length; at += MIB) {
            last = cbc.update(data, at, MIB);
        }
        assertArrayEquals(Arrays.copyOfRange(last, MIB - 16, MIB), made);
    }

    @ParameterizedTest
    @ValueSource(strings = {GCM, CHACHA20})
    void streamsOfTheJdk(String name) throws Exception {
        byte[] data = data(5 * MIB + 1);
        Cipher encryption = hsm(name, Cipher.ENCRYPT_MODE, null);
        ByteArrayOutputStream sink = new ByteArrayOutputStream();
        try (CipherOutputStream stream = new CipherOutputStream(sink, encryption)) {
            for (int at = 0; at < data.length; at += 8192) {
                stream.write(data, at, Math.min(8192, data.length - at));
            }
        }
        byte[] iv = encryption.getIV();
        assertArrayEquals(data, jdk(name, Cipher.DECRYPT_MODE, iv).doFinal(sink.toByteArray()));
        try (CipherInputStream stream = new CipherInputStream(new ByteArrayInputStream(sink.toByteArray()),
            hsm(name, Cipher.DECRYPT_MODE, iv))) {
            assertArrayEquals(data, stream.readAllBytes());
        }
    }

    /** Signed whole: the HSM holds the message until its end. */
    @ParameterizedTest
    @ValueSource(strings = {"Ed25519", "ML-DSA-65"})
    void longMessagesAreSignedWhole(String algorithm) throws Exception {
        byte[] data = data(5 * MIB + 1);
        KeyPair pair = KeyPairGenerator.getInstance(algorithm, provider).generateKeyPair();
        Signature signature = Signature.getInstance(algorithm, provider);
        signature.initSign(pair.getPrivate());
        signature.update(data);
        byte[] signed = signature.sign();
        // By the JDK, except for ML-DSA before JDK 24.
        signature.initVerify(pair.getPublic());
        signature.update(data);
        assertTrue(signature.verify(signed));
        signature.initSign(pair.getPrivate());
        SignatureException tooMuch =
            assertThrows(SignatureException.class, () -> signature.update(new byte[64 * MIB + 1]));
        assertTrue(tooMuch.getMessage().contains("at most"), tooMuch.getMessage());
    }

    /** What is left before its end does not pile up in the HSM, which has 1,024 places for a login. */
    @Test
    void abandonedStreamsMakeRoom() throws Exception {
        byte[] data = data(2 * MIB);
        Mac mac = Mac.getInstance("HmacSHA256", provider);
        Cipher encryption = Cipher.getInstance(GCM, provider);
        for (int i = 0; i < 20; i++) {
            mac.init(secret);
            mac.update(data);
            encryption.init(Cipher.ENCRYPT_MODE, aes);
            encryption.update(data);
        }
        mac.reset();
        HsmClient client = provider.client();
        long handle = ((FerroHsmKey) secret).getHandle();
        int mechanism = Tables.get().mechanism("sha256-hmac").code();
        for (int i = 0; i < 3_000; i++) {
            HsmStream.begin(client, handle, null, mechanism, HsmStream.Use.SIGN, null, 0).close();
        }
        List<HsmStream> open = new ArrayList<>();
        ProviderException tooMany = assertThrows(ProviderException.class, () -> {
            for (int i = 0; i < 1_100; i++) {
                open.add(HsmStream.begin(client, handle, null, mechanism, HsmStream.Use.SIGN, null, 0));
            }
        });
        assertTrue(tooMany.getMessage().contains("1024 streams"), tooMany.getMessage());
        open.forEach(HsmStream::close);
        Mac jdk = Mac.getInstance("HmacSHA256", "SunJCE");
        jdk.init(softwareSecret);
        assertArrayEquals(jdk.doFinal(data), onceThereIsRoom(() -> {
            mac.init(secret);
            return mac.doFinal(data);
        }));
    }

    /** Closing a stream does not wait for the HSM, and a call on another connection can overtake it. */
    private static byte[] onceThereIsRoom(Callable<byte[]> call) throws Exception {
        long deadline = Patience.endNanos();
        while (true) {
            try {
                return call.call();
            } catch (ProviderException e) {
                if (!e.getMessage().contains("1024 streams") || System.nanoTime() > deadline) {
                    throw e;
                }
                Thread.onSpinWait();
            }
        }
    }

    @Test
    void sixtyFourThreads() throws Exception {
        byte[] data = data(2 * MIB + 5);
        Mac jdk = Mac.getInstance("HmacSHA256", "SunJCE");
        jdk.init(softwareSecret);
        byte[] expected = jdk.doFinal(data);
        ExecutorService pool = Executors.newFixedThreadPool(64);
        try {
            List<Callable<Void>> work = new ArrayList<>();
            for (int thread = 0; thread < 64; thread++) {
                work.add(() -> {
                    roundTrip(data, expected);
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

    private static void roundTrip(byte[] data, byte[] expectedMac) throws Exception {
        Cipher encryption = hsm(GCM, Cipher.ENCRYPT_MODE, null);
        byte[] encrypted = run(encryption, data, 500_000);
        Mac mac = Mac.getInstance("HmacSHA256", provider);
        mac.init(secret);
        mac.update(data, 0, 1_500_000);
        mac.update(data, 1_500_000, data.length - 1_500_000);
        assertArrayEquals(expectedMac, mac.doFinal());
        assertArrayEquals(data, hsm(GCM, Cipher.DECRYPT_MODE, encryption.getIV()).doFinal(encrypted));
    }

    @Test
    @EnabledForJreRange(min = JRE.JAVA_21)
    void virtualThreads() throws Exception {
        byte[] data = data(2 * MIB + 5);
        Mac jdk = Mac.getInstance("HmacSHA256", "SunJCE");
        jdk.init(softwareSecret);
        byte[] expected = jdk.doFinal(data);
        List<CompletableFuture<Void>> all = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            CompletableFuture<Void> done = new CompletableFuture<>();
            all.add(done);
            Runnable body = () -> {
                try {
                    roundTrip(data, expected);
                    done.complete(null);
                } catch (Throwable e) {
                    done.completeExceptionally(e);
                }
            };
            Thread.class.getMethod("startVirtualThread", Runnable.class).invoke(null, body);
        }
        for (CompletableFuture<Void> done : all) {
            done.get(Patience.SECONDS, TimeUnit.SECONDS);
        }
    }

    @Test
    void aKeyThatIsDeletedInTheMiddle() throws Exception {
        SecretKey gone = KeyGenerator.getInstance("AES", provider).generateKey();
        Cipher encryption = Cipher.getInstance(GCM, provider);
        encryption.init(Cipher.ENCRYPT_MODE, gone);
        encryption.update(data(2 * MIB));
        provider.client().deleteKey(((FerroHsmKey) gone).getHandle());
        ProviderException refused = assertThrows(ProviderException.class, () -> encryption.update(data(MIB)));
        assertTrue(refused.getMessage().contains("no such key"), refused.getMessage());
        assertThrows(IllegalStateException.class, encryption::doFinal);
        encryption.init(Cipher.ENCRYPT_MODE, aes);
        assertEquals(17, encryption.doFinal(new byte[1]).length);
    }

    /** Nothing is sent again: the HSM that knew the first part is gone. The caller is told to begin again, and can. */
    @Test
    void anHsmThatDiesInTheMiddle() throws Exception {
        try (DevHsm dying = DevHsm.start("fips")) {
            FerroHsmProvider there = new FerroHsmProvider(dying.config().toString());
            HsmClient client = there.client();
            KeyInfo kept = client.generateKey(KeyType.AES, 256, new Template().flag("token", true));
            SecretKey key = new FerroHsmSecretKey(client, kept, "AES");
            byte[] data = data(2 * MIB);
            Cipher encryption = Cipher.getInstance(GCM, there);
            encryption.init(Cipher.ENCRYPT_MODE, key);
            encryption.update(data);
            Mac mac = Mac.getInstance("AESCMAC", there);
            mac.init(key);
            byte[] expected = mac.doFinal(data);
            mac.update(data);
            dying.kill();
            dying.start();
            ProviderException lost = assertThrows(ProviderException.class, () -> encryption.update(data));
            assertTrue(lost.getMessage().contains("begin again with the first byte"), lost.getMessage());
            assertThrows(IllegalStateException.class, encryption::doFinal);
            ProviderException lostToo = assertThrows(ProviderException.class, mac::doFinal);
            assertTrue(lostToo.getMessage().contains("begin again with the first byte"), lostToo.getMessage());
            assertArrayEquals(expected, mac.doFinal(data));
            encryption.init(Cipher.ENCRYPT_MODE, key);
            byte[] encrypted = encryption.doFinal(data);
            Cipher decryption = Cipher.getInstance(GCM, there);
            decryption.init(Cipher.DECRYPT_MODE, key, encryption.getParameters());
            assertArrayEquals(data, decryption.doFinal(encrypted));
        }
    }

    @Test
    void aLoginThatEndsInTheMiddle() throws Exception {
        FerroHsmProvider other =
            new FerroHsmProvider(DevHsm.shared().configWith("ends", "^timeout-ms", "timeout-ms = 20000").toString());
        SecretKey session = KeyGenerator.getInstance("AES", other).generateKey();
        Cipher encryption = Cipher.getInstance(GCM, other);
        encryption.init(Cipher.ENCRYPT_MODE, session);
        encryption.update(data(2 * MIB));
        other.client().logout();
        assertThrows(ProviderException.class, () -> encryption.update(data(MIB)));
        assertThrows(IllegalStateException.class, encryption::doFinal);
    }
}
