package org.ferrohsm.provider;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.KeyStore;
import java.security.KeyStoreException;
import java.security.ProviderException;
import java.security.UnrecoverableKeyException;
import java.util.List;
import javax.crypto.KeyGenerator;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.CallbackHandler;
import javax.security.auth.callback.NameCallback;
import javax.security.auth.callback.PasswordCallback;
import javax.security.auth.callback.UnsupportedCallbackException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Loading the KeyStore: who logs in, from which configuration, and what happens when that is impossible. */
class KeyStoreLoadTest {
    private static DevHsm hsm;
    private static String user;
    private static String password;

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

    /** A provider that nobody has logged in through, and whose configuration names no user. */
    private static FerroHsmProvider withoutLogin(String name) throws Exception {
        return new FerroHsmProvider(hsm.configWith(name, "^(user|password)").toString());
    }

    private static KeyStore store(FerroHsmProvider provider) throws Exception {
        return KeyStore.getInstance("FERROHSM", provider);
    }

    private static IOException refused(KeyStore store, String storePassword) {
        IOException refused = assertThrows(IOException.class, () -> store.load(null, storePassword.toCharArray()));
        assertInstanceOf(UnrecoverableKeyException.class, refused.getCause(), refused.toString());
        return refused;
    }

    @Test
    void theTypeIsRegistered() throws Exception {
        FerroHsmProvider provider = withoutLogin("registered");
        assertNotNull(provider.getService("KeyStore", "ferrohsm"));
        KeyStore store = store(provider);
        assertThrows(KeyStoreException.class, store::size, "it must be loaded first");
    }

    @Test
    void userAndPasswordLogInAndAnythingGoesAfterwards() throws Exception {
        FerroHsmProvider provider = withoutLogin("login");
        KeyStore store = store(provider);
        assertThrows(IOException.class, () -> store.load(null, null));
        assertThrows(IOException.class, () -> store.load(null, "changeit".toCharArray()));
        store.load(null, (user + ':' + password).toCharArray());
        assertEquals(user, provider.client().user());
        for (String tolerated : new String[] {"", "changeit", ":", ":x", user + ":whatever"}) {
            KeyStore another = store(provider);
            another.load(null, tolerated.toCharArray());
            assertEquals(store.size(), another.size());
        }
        store(provider).load(null, null);
        assertTrue(refused(store(provider), "somebody:" + password).getMessage().contains("User " + user + " is logged in"));
        assertEquals(user, provider.client().user());
    }

    @Test
    void aWrongPasswordIsAnUnrecoverableKey() throws Exception {
        KeyStore store = store(withoutLogin("wrong"));
        assertTrue(refused(store, user + ":wrong").getMessage().contains("user name or password is wrong"));
        assertTrue(refused(store, user + ":wrong").getMessage().contains("user name or password is wrong"), "and again");
        store.load(null, (user + ':' + password).toCharArray());
    }

    @Test
    void protectionParameters() throws Exception {
        KeyStore store = store(withoutLogin("protection"));
        store.load(() -> new KeyStore.PasswordProtection((user + ':' + password).toCharArray()));
        store.load(() -> null);
        store.load((KeyStore.LoadStoreParameter) null);
        assertThrows(IllegalArgumentException.class, () -> store.load(() -> new KeyStore.ProtectionParameter() { }));

        store(withoutLogin("handler")).load(() -> new KeyStore.CallbackHandlerProtection(callbacks ->
            answer(callbacks, user, password)));
        IOException other = assertThrows(IOException.class, () -> store.load(() ->
            new KeyStore.CallbackHandlerProtection(callbacks -> answer(callbacks, "somebody", password))));
        assertInstanceOf(UnrecoverableKeyException.class, other.getCause());
        CallbackHandler onlyPasswords = callbacks -> {
            for (Callback callback : callbacks) {
                if (!(callback instanceof PasswordCallback)) {
                    throw new UnsupportedCallbackException(callback);
                }
            }
            answer(callbacks, null, user + ':' + password);
        };
        store(withoutLogin("pin")).load(() -> new KeyStore.CallbackHandlerProtection(onlyPasswords));
        assertThrows(IOException.class, () -> store(withoutLogin("none")).load(() ->
            new KeyStore.CallbackHandlerProtection(callbacks -> { })));
    }

    private static void answer(Callback[] callbacks, String name, String secret) {
        for (Callback callback : callbacks) {
            if (callback instanceof NameCallback nameCallback) {
                nameCallback.setName(name);
            } else if (callback instanceof PasswordCallback passwordCallback) {
                passwordCallback.setPassword(secret.toCharArray());
            }
        }
    }

    @Test
    void aStreamIsAConfiguration() throws Exception {
        FerroHsmProvider provider = new FerroHsmProvider("/nonexistent/client.toml");
        String text = Files.readString(hsm.config()).replaceAll("\"(root\\.crt|client\\.crt|client\\.key)\"",
            "\"" + hsm.config().getParent() + "/$1\"");
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        KeyStore store = store(provider);
        store.load(new ByteArrayInputStream(bytes), null);
        assertFalse(store.containsAlias("nothing"));
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        store.store(written, null);
        assertArrayEquals(bytes, written.toByteArray(), "what keytool overwrites the file with");
        store.store(null);

        for (String own : new String[] {"", "\n", "# nothing\n  # here\n"}) {
            KeyStore empty = store(withoutLogin("empty"));
            empty.load(new ByteArrayInputStream(own.getBytes(StandardCharsets.UTF_8)),
                (user + ':' + password).toCharArray());
        }
    }

    /** Its paths are relative to the file, which a stream of anything else could not know. */
    @Test
    void theProvidersOwnFileAsAStreamIsItsConfiguration() throws Exception {
        FerroHsmProvider provider = FerroHsmProvider.withConfiguration(hsm.config());
        assertEquals("FerroHSM", provider.getName());
        long before = provider.callCount();
        KeyStore store = store(provider);
        try (InputStream file = Files.newInputStream(hsm.config())) {
            store.load(file, null);
        }
        assertFalse(store.containsAlias("nothing"));
        assertTrue(provider.callCount() > before && provider.callNanos() > 0, "it was not this provider's client");
        byte[] changed = (Files.readString(hsm.config()) + "# changed\n").getBytes(StandardCharsets.UTF_8);
        assertThrows(IOException.class, () -> store.load(new ByteArrayInputStream(changed), null), "no root.crt here");
    }

    @Test
    void garbageIsNoConfiguration() throws Exception {
        KeyStore store = store(withoutLogin("garbage"));
        byte[] large = new byte[2 * 1024 * 1024];
        for (byte[] garbage : List.of(new byte[] {(byte) 0xff, 0, 1}, large,
            "addresses = [".getBytes(StandardCharsets.UTF_8), "colour = \"blue\"".getBytes(StandardCharsets.UTF_8))) {
            IOException refused = assertThrows(IOException.class,
                () -> store.load(new ByteArrayInputStream(garbage), null));
            assertTrue(refused.getMessage().contains("onfiguration"), refused.getMessage());
        }
        String secret = "password = \"hunter2\"\ncolour = 1\n";
        IOException refused = assertThrows(IOException.class,
            () -> store.load(new ByteArrayInputStream(secret.getBytes(StandardCharsets.UTF_8)), null));
        assertFalse(refused.getMessage().contains("hunter2"), refused.getMessage());
        assertThrows(IOException.class, () -> store(new FerroHsmProvider("/nonexistent/client.toml")).load(null, null));
    }

    @Test
    void theHsmIsDownOrGoesAway() throws Exception {
        try (DevHsm other = DevHsm.start("fips")) {
            String config = other.configWith("short", "^timeout-ms").toString();
            Files.writeString(java.nio.file.Path.of(config), "timeout-ms = 2000\n" + Files.readString(other.config()));
            FerroHsmProvider provider = new FerroHsmProvider(config);
            other.stop();
            IOException down = assertThrows(IOException.class, () -> store(provider).load(null, null));
            assertTrue(down.getMessage().contains("no HSM could be reached"), down.getMessage());
            assertFalse(down.getCause() instanceof UnrecoverableKeyException, "nothing is wrong with the password");

            other.start();
            KeyStore store = store(provider);
            eventually(() -> store.load(null, null));
            KeyGenerator generator = KeyGenerator.getInstance("AES", provider);
            generator.init(256);
            var key = generator.generateKey();
            store.setKeyEntry("data", key, null, null);

            other.kill();
            assertThrows(ProviderException.class, () -> store.containsAlias("data"));
            assertThrows(ProviderException.class, store::size);
            assertThrows(ProviderException.class, () -> store.getKey("data", null));
            assertThrows(KeyStoreException.class, () -> store.setKeyEntry("other", key, null, null));
            assertThrows(KeyStoreException.class, () -> store.deleteEntry("data"));

            other.start();
            eventually(() -> assertEquals(key, store.getKey("data", null)));
            assertEquals(1, store.size());
        }
    }

    private interface Attempt {
        void run() throws Exception;
    }

    /** The client waits up to 5 s before it tries an HSM again, longer than the deadline here. */
    private static void eventually(Attempt attempt) throws Exception {
        long end = Patience.endNanos();
        while (true) {
            try {
                attempt.run();
                return;
            } catch (IOException | ProviderException e) {
                if (System.nanoTime() > end) {
                    throw e;
                }
            }
        }
    }

    @Test
    void thePkcs11TypeIsThereOnDemand() throws Exception {
        FerroHsmProvider provider = withoutLogin("plain");
        assertThrows(KeyStoreException.class, () -> KeyStore.getInstance("PKCS11", provider));
        assertNull(provider.getService("KeyStore", "PKCS11"));
        assertTrue(provider.getServices().stream().noneMatch(service -> service.getAlgorithm().equals("PKCS11")));

        FerroHsmProvider wanted =
            new FerroHsmProvider(hsm.configWith("wanted", null, "pkcs11-keystore = true").toString());
        KeyStore store = KeyStore.getInstance("PKCS11", wanted);
        store.load(null, null);
        assertEquals("PKCS11", store.getType());
        assertTrue(wanted.getServices().stream().anyMatch(service -> service.getAlgorithm().equals("PKCS11")));

        System.setProperty("ferrohsm.keystore.pkcs11", "true");
        try {
            assertNotNull(KeyStore.getInstance("pkcs11", provider));
        } finally {
            System.clearProperty("ferrohsm.keystore.pkcs11");
        }
    }
}
