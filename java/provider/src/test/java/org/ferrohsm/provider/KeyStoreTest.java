package org.ferrohsm.provider;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.KeyStoreException;
import java.security.PrivateKey;
import java.security.Security;
import java.security.Signature;
import java.security.UnrecoverableEntryException;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.Collections;
import java.util.Date;
import java.util.List;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Entries of the KeyStore: what is listed, stored, renamed, replaced and deleted. */
class KeyStoreTest {
    private static DevHsm hsm;
    private static FerroHsmProvider provider;
    private static HsmClient client;
    private KeyStore store;

    @BeforeAll
    static void start() throws Exception {
        hsm = DevHsm.start("fips");
        provider = new FerroHsmProvider(hsm.config().toString());
        Security.addProvider(provider);
        client = provider.client();
    }

    @AfterAll
    static void stop() {
        Security.removeProvider(provider.getName());
        hsm.close();
    }

    @BeforeEach
    void load() throws Exception {
        store = KeyStore.getInstance("FERROHSM", provider);
        store.load(null, null);
        assertEquals(0, store.size(), "the test before left something");
    }

    @AfterEach
    void empty() throws Exception {
        KeyStore all = KeyStore.getInstance("FERROHSM", provider);
        all.load(null, null);
        for (String alias : Collections.list(all.aliases())) {
            all.deleteEntry(alias);
        }
    }

    private static KeyPair generate(String algorithm) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm, provider);
        generator.initialize(algorithm.equals("RSA") ? 2048 : 256);
        return generator.generateKeyPair();
    }

    private static long handle(java.security.Key key) {
        return ((FerroHsmKey) key).getHandle();
    }

    private static Certificate[] selfSigned(KeyPair pair) throws Exception {
        return new Certificate[] {TestCertificates.selfSigned("test", pair.getPublic(), pair.getPrivate())};
    }

    private KeyPair stored(String alias) throws Exception {
        KeyPair pair = generate("EC");
        store.setKeyEntry(alias, pair.getPrivate(), null, selfSigned(pair));
        return pair;
    }

    private static void assertSigns(PrivateKey key, Certificate certificate) throws Exception {
        String algorithm = key.getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA";
        Signature signature = Signature.getInstance(algorithm);
        signature.initSign(key);
        signature.update(new byte[100]);
        byte[] signed = signature.sign();
        Signature verifier = Signature.getInstance(algorithm);
        verifier.initVerify(certificate);
        verifier.update(new byte[100]);
        assertTrue(verifier.verify(signed));
    }

    @Test
    void aGeneratedKeyBecomesATokenKeyWithItsChain() throws Exception {
        for (String algorithm : List.of("RSA", "EC")) {
            KeyPair pair = generate(algorithm);
            Certificate[] chain = selfSigned(pair);
            Date before = new Date(System.currentTimeMillis() - 60_000);
            store.setKeyEntry(algorithm, pair.getPrivate(), "any password".toCharArray(), chain);

            KeyInfo info = client.getKey(handle(pair.getPrivate()));
            assertTrue(info.isToken() && info.flag("local") && info.flag("never-extractable"), algorithm);
            assertEquals(algorithm, info.label());

            PrivateKey found = (PrivateKey) store.getKey(algorithm, "another password".toCharArray());
            assertEquals(handle(pair.getPrivate()), handle(found));
            assertArrayEquals(chain, store.getCertificateChain(algorithm));
            assertEquals(chain[0], store.getCertificate(algorithm));
            assertEquals(algorithm, store.getCertificateAlias(chain[0]));
            assertTrue(store.isKeyEntry(algorithm));
            assertFalse(store.isCertificateEntry(algorithm));
            assertTrue(store.entryInstanceOf(algorithm, KeyStore.PrivateKeyEntry.class));
            assertFalse(store.entryInstanceOf(algorithm, KeyStore.SecretKeyEntry.class));
            assertFalse(store.entryInstanceOf(algorithm, KeyStore.TrustedCertificateEntry.class));
            assertTrue(store.getCreationDate(algorithm).after(before));
            assertSigns(found, chain[0]);
        }
        assertEquals(List.of("RSA", "EC"), Collections.list(store.aliases()), "oldest first");
        assertEquals(2, store.size());
    }

    @Test
    void entriesNeedNoPassword() throws Exception {
        KeyPair pair = stored("web");
        for (KeyStore.ProtectionParameter protection : new KeyStore.ProtectionParameter[] {
            null, new KeyStore.PasswordProtection(null), new KeyStore.PasswordProtection("x".toCharArray())}) {
            KeyStore.PrivateKeyEntry entry = (KeyStore.PrivateKeyEntry) store.getEntry("web", protection);
            assertEquals(pair.getPrivate(), entry.getPrivateKey());
            store.setEntry("web", entry, protection);
        }
        assertEquals(1, store.size());
        assertNull(store.getEntry("nothing", null));
    }

    @Test
    void secretKeysAreEntriesToo() throws Exception {
        KeyGenerator generator = KeyGenerator.getInstance("AES", provider);
        generator.init(256);
        SecretKey key = generator.generateKey();
        store.setKeyEntry("data", key, null, null);
        assertEquals(key, store.getKey("data", null));
        assertTrue(store.entryInstanceOf("data", KeyStore.SecretKeyEntry.class));
        assertTrue(store.isKeyEntry("data"));
        assertNull(store.getCertificate("data"));
        assertNull(store.getCertificateChain("data"));
        assertEquals(key, ((KeyStore.SecretKeyEntry) store.getEntry("data", null)).getSecretKey());

        store.setEntry("renamed", new KeyStore.SecretKeyEntry(key), null);
        assertEquals(List.of("renamed"), Collections.list(store.aliases()));
    }

    @Test
    void certificatesAreStoredAndReplaced() throws Exception {
        KeyPair pair = generate("EC");
        X509Certificate first = TestCertificates.authority("first", pair.getPublic(), pair.getPrivate());
        X509Certificate second = TestCertificates.authority("second", pair.getPublic(), pair.getPrivate());
        store.setCertificateEntry("ca", first);
        store.setCertificateEntry("ca", first);
        assertTrue(store.isCertificateEntry("ca"));
        assertFalse(store.isKeyEntry("ca"));
        assertNull(store.getKey("ca", null));
        assertNull(store.getCertificateChain("ca"));
        assertEquals(first, store.getCertificate("ca"));
        assertNotNull(store.getCreationDate("ca"));

        store.setEntry("ca", new KeyStore.TrustedCertificateEntry(second), null);
        assertEquals(second, store.getCertificate("ca"));
        assertEquals(second, ((KeyStore.TrustedCertificateEntry) store.getEntry("ca", null)).getTrustedCertificate());
        assertEquals(1, store.size());

        stored("web");
        String message = assertThrows(KeyStoreException.class, () -> store.setCertificateEntry("web", first)).getMessage();
        assertTrue(message.contains("belongs to another key"), message);
        message = assertThrows(KeyStoreException.class, () -> store.setKeyEntry("ca", pair.getPrivate(), null,
            selfSigned(pair))).getMessage();
        assertTrue(message.contains("belongs to another certificate"), message);
    }

    @Test
    void theSameAliasReplacesTheChainOnly() throws Exception {
        KeyPair pair = stored("web");
        KeyPair authority = generate("EC");
        X509Certificate root = TestCertificates.authority("root", authority.getPublic(), authority.getPrivate());
        X509Certificate issued =
            TestCertificates.issue("web", pair.getPublic(), "root", authority.getPrivate(), false);
        Certificate[] chain = {issued, root};
        store.setKeyEntry("web", store.getKey("web", null), null, chain);
        assertArrayEquals(chain, store.getCertificateChain("web"));
        assertEquals(handle(pair.getPrivate()), handle(store.getKey("web", null)));
        assertEquals(1, store.size());
    }

    @Test
    void aNewAliasRenamesAndTheDeleteThatFollowsDoesNothing() throws Exception {
        KeyPair pair = stored("old");
        KeyStore.Entry entry = store.getEntry("old", null);
        store.setEntry("new", entry, null);
        assertFalse(store.containsAlias("old"));
        store.deleteEntry("old");
        assertEquals(List.of("new"), Collections.list(store.aliases()));
        assertEquals(handle(pair.getPrivate()), handle(store.getKey("new", null)));
        assertSigns((PrivateKey) store.getKey("new", null), store.getCertificate("new"));
    }

    @Test
    void theDeleteAfterARenameSparesAnotherKeyOfTheOldLabel() throws Exception {
        stored("old");
        KeyPair twin = generate("EC");
        client.updateKey(handle(twin.getPrivate()), new Template().text("label", "old").flag("token", true), null, false);
        store.setEntry("new", store.getEntry("old", null), null);
        assertTrue(store.containsAlias("old"), "the twin is the only one of that label now");
        store.deleteEntry("old");
        assertEquals(handle(twin.getPrivate()), handle(store.getKey("old", null)));
        store.deleteEntry("old");
        assertFalse(store.containsAlias("old"), "the second delete is meant");

        store.setEntry("other", store.getEntry("new", null), null);
        stored("new");
        store.deleteEntry("new");
        assertFalse(store.containsAlias("new"), "something was stored under the old alias since");
    }

    @Test
    void anAliasOfAnotherKeyIsRefused() throws Exception {
        KeyPair first = stored("web");
        KeyPair second = generate("EC");
        KeyStoreException refused = assertThrows(KeyStoreException.class,
            () -> store.setKeyEntry("web", second.getPrivate(), null, selfSigned(second)));
        assertTrue(refused.getMessage().contains("\"web\" belongs to another key (0x"), refused.getMessage());
        assertEquals(handle(first.getPrivate()), handle(store.getKey("web", null)));
        assertFalse(client.getKey(handle(second.getPrivate())).isToken());
    }

    @Test
    void aChainOfAnotherKeyIsRefused() throws Exception {
        KeyPair first = generate("EC");
        Certificate[] foreign = selfSigned(generate("EC"));
        KeyStoreException refused = assertThrows(KeyStoreException.class,
            () -> store.setKeyEntry("web", first.getPrivate(), null, foreign));
        assertTrue(refused.getMessage().contains("for another key"), refused.getMessage());
        assertEquals(0, store.size());
        stored("web");
        assertThrows(KeyStoreException.class,
            () -> store.setKeyEntry("web", store.getKey("web", null), null, foreign));
    }

    @Test
    void deleteDestroys() throws Exception {
        KeyPair pair = stored("web");
        store.deleteEntry("web");
        assertFalse(store.containsAlias("web"));
        assertNull(store.getKey("web", null));
        assertNull(store.getCreationDate("web"));
        assertThrows(java.security.InvalidKeyException.class, () -> client.getKey(handle(pair.getPrivate())));
        store.deleteEntry("web");
        store.deleteEntry("never there");
    }

    @Test
    void destroySparesAKeyThatAnEntryKeeps() throws Exception {
        KeyPair pair = generate("EC");
        Certificate[] chain = selfSigned(pair);
        store.setKeyEntry("kept", pair.getPrivate(), null, chain);
        // The object was made while it was a session key.
        assertThrows(javax.security.auth.DestroyFailedException.class, pair.getPrivate()::destroy);
        assertFalse(pair.getPrivate().isDestroyed());
        assertSigns((PrivateKey) store.getKey("kept", null), chain[0]);
    }

    @Test
    void destroyDeletesATokenKeyThatWasLookedUp() throws Exception {
        KeyPair pair = stored("web");
        PrivateKey found = (PrivateKey) store.getKey("web", null);
        found.destroy();
        assertTrue(found.isDestroyed());
        assertNull(store.getKey("web", null));
        assertThrows(java.security.InvalidKeyException.class, () -> client.getKey(handle(pair.getPrivate())));
    }

    @Test
    void destroySparesAKeyWhoseAttributesForbidIt() throws Exception {
        KeyPair pair = generate("EC"); // a session key, for the tests that count what is left
        client.updateKey(handle(pair.getPrivate()), new Template().flag("destroyable", false), null, false);
        assertThrows(javax.security.auth.DestroyFailedException.class, pair.getPrivate()::destroy);
        assertFalse(pair.getPrivate().isDestroyed());
        assertSigns(pair.getPrivate(), selfSigned(pair)[0]);
    }

    @Test
    void aliasesAreCaseSensitive() throws Exception {
        KeyPair lower = stored("web");
        KeyPair upper = stored("WEB");
        assertEquals(handle(lower.getPrivate()), handle(store.getKey("web", null)));
        assertEquals(handle(upper.getPrivate()), handle(store.getKey("WEB", null)));
        assertFalse(store.containsAlias("Web"));
    }

    @Test
    void keysWithoutALabelOrWithATakenOneGoByTheirHandles() throws Exception {
        KeyPair web = stored("web");
        KeyPair twin = generate("EC");
        KeyPair unlabelled = generate("EC");
        KeyPair misleading = generate("EC");
        String looksLikeAHandle = "0x" + Long.toHexString(handle(web.getPrivate()));
        Template token = new Template().flag("token", true);
        client.updateKey(handle(twin.getPrivate()), new Template().text("label", "web").flag("token", true), null, false);
        client.updateKey(handle(unlabelled.getPrivate()), token, null, false);
        client.updateKey(handle(misleading.getPrivate()),
            new Template().text("label", looksLikeAHandle).flag("token", true), null, false);

        assertEquals(handle(web.getPrivate()), handle(store.getKey("web", null)));
        assertEquals(handle(web.getPrivate()), handle(store.getKey(looksLikeAHandle, null)));
        for (boolean listed : new boolean[] {false, true}) {
            for (KeyPair pair : List.of(twin, unlabelled, misleading)) {
                String alias = "0x" + Long.toHexString(handle(pair.getPrivate()));
                assertEquals(handle(pair.getPrivate()), handle(store.getKey(alias, null)), alias + ' ' + listed);
                assertTrue(store.isKeyEntry(alias));
                assertNull(store.getCertificateChain(alias));
                assertThrows(UnrecoverableEntryException.class, () -> store.getEntry(alias, null));
            }
            assertEquals(4, store.size());
        }
        String alias = "0x" + Long.toHexString(handle(unlabelled.getPrivate()));
        store.setKeyEntry(alias, store.getKey(alias, null), null, selfSigned(unlabelled));
        store.setEntry("named", store.getEntry(alias, null), null);
        store.deleteEntry(alias);
        assertEquals(handle(unlabelled.getPrivate()), handle(store.getKey("named", null)));
        assertEquals(4, store.size());
    }

    @Test
    void oneBadEntryDoesNotStopTheOthers() throws Exception {
        KeyPair good = stored("good");
        KeyPair pair = stored("bad chain");
        byte[] unreadable = TestCertificates.encoded("no issuer", pair.getPublic(), null, pair.getPrivate(), false);
        client.updateKey(handle(pair.getPrivate()), new Template(), List.of(unreadable), false);
        client.importCertificate(unreadable, new Template().text("label", "bad certificate").flag("token", true), true);

        assertEquals(List.of("good", "bad chain", "bad certificate"), Collections.list(store.aliases()));
        for (String alias : Collections.list(store.aliases())) {
            assertEquals(alias.equals("good"), store.getCertificate(alias) != null, alias);
            assertEquals(alias.equals("good"), store.getCertificateChain(alias) != null, alias);
            assertEquals(!alias.equals("bad certificate"), store.getKey(alias, null) != null, alias);
        }
        assertEquals(good.getPrivate(), ((KeyStore.PrivateKeyEntry) store.getEntry("good", null)).getPrivateKey());
        for (String alias : List.of("bad chain", "bad certificate")) {
            assertThrows(UnrecoverableEntryException.class, () -> store.getEntry(alias, null));
        }
        for (String kind : List.of("SunX509", "NewSunX509")) {
            KeyManagerFactory factory = KeyManagerFactory.getInstance(kind);
            factory.init(store, "ignored".toCharArray());
            X509ExtendedKeyManager keys = (X509ExtendedKeyManager) factory.getKeyManagers()[0];
            assertEquals(1, keys.getServerAliases("EC", null).length, kind);
        }
        store.setKeyEntry("bad chain", pair.getPrivate(), null, selfSigned(pair));
        assertNotNull(store.getEntry("bad chain", null));
    }

    private interface Lookup {
        Object by(String alias) throws Exception;
    }

    @Test
    void whereNoListingIsFreshALookupIsOneCall() throws Exception {
        stored("web");
        for (Lookup lookup : List.<Lookup>of(store::getCertificateChain, store::getCertificate, store::getCreationDate,
            alias -> store.getKey(alias, null), alias -> store.getEntry(alias, null))) {
            long before = provider.callCount();
            assertNotNull(lookup.by("web"));
            assertEquals(1, provider.callCount() - before);
        }
    }

    @Test
    void whatAnotherProcessDoesShowsSoon() throws Exception {
        FerroHsmProvider elsewhere = new FerroHsmProvider(hsm.configWith("elsewhere", null).toString());
        KeyStore other = KeyStore.getInstance("FERROHSM", elsewhere);
        other.load(null, null);
        assertEquals(0, store.size());
        KeyGenerator generator = KeyGenerator.getInstance("AES", elsewhere);
        generator.init(128);
        SecretKey key = generator.generateKey();
        store.setKeyEntry("data", key, null, null);
        assertEquals(1, store.size(), "a change that this KeyStore made, though with the other's login");
        other.deleteEntry("data");
        long end = System.nanoTime() + 30_000_000_000L;
        while (store.containsAlias("data")) {
            assertTrue(System.nanoTime() < end, "still there after 30 s");
            Thread.sleep(50);
        }
        assertEquals(0, store.size());
    }

    @Test
    void sessionKeysAreNotListed() throws Exception {
        KeyPair session = generate("EC");
        assertFalse(store.containsAlias("0x" + Long.toHexString(handle(session.getPrivate()))));
        assertEquals(0, store.size());
    }

    @Test
    void moreEntriesThanAPageHolds() throws Exception {
        KeyGenerator generator = KeyGenerator.getInstance("AES", provider);
        generator.init(128);
        int count = 300;
        for (int i = 0; i < count; i++) {
            store.setKeyEntry("key " + i, generator.generateKey(), null, null);
        }
        assertEquals(count, store.size());
        List<String> aliases = Collections.list(store.aliases());
        assertEquals(count, aliases.size());
        for (String alias : aliases) {
            assertNotNull(store.getKey(alias, null));
        }
    }

    @Test
    void changesOfThisProcessShowAtOnce() throws Exception {
        KeyStore other = KeyStore.getInstance("FERROHSM", provider);
        other.load(null, null);
        for (int i = 0; i < 20; i++) {
            assertEquals(0, store.size());
            stored("web");
            assertTrue(other.containsAlias("web"));
            assertEquals(1, other.size());
            other.deleteEntry("web");
            assertFalse(store.containsAlias("web"));
            assertNull(store.getKey("web", null));
        }
    }

    @Test
    void impossibleAliasesAreRefusedAndNeverFound() throws Exception {
        KeyPair pair = generate("EC");
        Certificate[] chain = selfSigned(pair);
        for (String alias : new String[] {null, "", "x".repeat(64 * 1024), "ü".repeat(513), "half \ud83d", "\udd11 half"}) {
            KeyStoreException refused = assertThrows(KeyStoreException.class,
                () -> store.setKeyEntry(alias, pair.getPrivate(), null, chain));
            assertTrue(refused.getMessage().contains("1 to 1024 bytes of UTF-8"), refused.getMessage());
            assertThrows(KeyStoreException.class, () -> store.setCertificateEntry(alias, chain[0]));
            assertFalse(store.containsAlias(alias));
            assertNull(store.getKey(alias, null));
            assertNull(store.getCertificateChain(alias));
            assertNull(store.getCreationDate(alias));
            store.deleteEntry(alias);
        }
        for (String alias : new String[] {"0x1", "0xffffffffffffffff", "0x0"}) {
            assertThrows(KeyStoreException.class, () -> store.setKeyEntry(alias, pair.getPrivate(), null, chain));
            assertFalse(store.containsAlias(alias));
        }
        assertEquals(0, store.size());
        for (String alias : new String[] {"ü".repeat(512), "🔑", "a b\tc\nd/e:f", "0X1", "0xg", " "}) {
            store.setKeyEntry(alias, pair.getPrivate(), null, chain);
            assertEquals(List.of(alias), Collections.list(store.aliases()));
        }
    }

    @Test
    void softwareKeysAreRefusedOrImported() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA", "SunRsaSign");
        generator.initialize(2048);
        KeyPair software = generator.generateKeyPair();
        Certificate[] chain = selfSigned(software);
        SecretKey secret = new SecretKeySpec(new byte[32], "AES");
        SecretKey mac = new SecretKeySpec(new byte[32], "HmacSHA256");
        SecretKey des = new SecretKeySpec(new byte[24], "DESede");

        KeyStoreException refused = assertThrows(KeyStoreException.class,
            () -> store.setKeyEntry("soft", software.getPrivate(), null, chain));
        assertTrue(refused.getMessage().contains("-providerName FerroHSM"), refused.getMessage());
        assertTrue(refused.getMessage().contains("ferrohsm.keystore.import"), refused.getMessage());
        refused = assertThrows(KeyStoreException.class, () -> store.setKeyEntry("soft", secret, null, null));
        assertTrue(refused.getMessage().contains("KeyGenerator.getInstance(\"AES\", \"FerroHSM\")"), refused.getMessage());
        assertThrows(KeyStoreException.class, () -> store.setKeyEntry("soft", new byte[10], chain));
        assertEquals(0, store.size());

        System.setProperty("ferrohsm.keystore.import", "true");
        try {
            store.setKeyEntry("soft", software.getPrivate(), null, chain);
            store.setKeyEntry("aes", secret, null, null);
            store.setKeyEntry("mac", mac, null, null);
            assertThrows(KeyStoreException.class, () -> store.setKeyEntry("des", des, null, null));
            refused = assertThrows(KeyStoreException.class, () -> store.setKeyEntry("aes", secret, null, null));
            assertTrue(refused.getMessage().contains("belongs to another key"), refused.getMessage());
            assertThrows(KeyStoreException.class,
                () -> store.setKeyEntry("twisted", software.getPrivate(), null, selfSigned(generate("EC"))));
        } finally {
            System.clearProperty("ferrohsm.keystore.import");
        }
        assertEquals(List.of("soft", "aes", "mac"), Collections.list(store.aliases()));
        PrivateKey imported = (PrivateKey) store.getKey("soft", null);
        assertInstanceOf(FerroHsmRsaPrivateKey.class, imported);
        assertNull(imported.getEncoded());
        assertSigns(imported, chain[0]);
        KeyInfo info = client.getKey(handle(imported));
        assertFalse(info.flag("local") || info.flag("never-extractable") || info.flag("extractable"));
    }

    @Test
    void manyThreadsRenamingOneKeyNeverLoseIt() throws Exception {
        KeyPair pair = stored("start");
        Certificate[] chain = store.getCertificateChain("start");
        List<Thread> threads = new java.util.ArrayList<>();
        for (int i = 0; i < 8; i++) {
            String alias = "name " + i;
            threads.add(new Thread(() -> {
                try {
                    store.setKeyEntry(alias, pair.getPrivate(), null, chain);
                } catch (KeyStoreException e) {
                    throw new IllegalStateException(e);
                }
            }));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(1, store.size());
        assertEquals(handle(pair.getPrivate()), handle(store.getKey(store.aliases().nextElement(), null)));
    }
}
