package org.ferrohsm.provider;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.module.ModuleFinder;
import java.nio.file.Path;
import java.security.AlgorithmParameters;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.Provider;
import java.security.ProviderException;
import java.security.SecureRandom;
import java.security.Security;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import javax.crypto.Cipher;
import javax.crypto.KeyGenerator;
import org.junit.jupiter.api.Test;

class ProviderTest {
    @Test
    void row9BothServiceLoaderFormsFindIt() {
        boolean found = ServiceLoader.load(Provider.class).stream()
            .anyMatch(provider -> provider.type() == FerroHsmProvider.class);
        assertTrue(found, "META-INF/services");
        String jar = System.getProperty("ferrohsm.test.jar");
        boolean provided = ModuleFinder.of(Path.of(jar)).find("org.ferrohsm.provider").orElseThrow().descriptor()
            .provides().stream().anyMatch(provides -> provides.service().equals("java.security.Provider")
                && provides.providers().contains(FerroHsmProvider.class.getName()));
        assertTrue(provided, "module-info of " + jar);
    }

    @Test
    void row9ConfiguredProvidersHaveNamesOfTheirOwn() throws Exception {
        FerroHsmProvider plain = new FerroHsmProvider();
        assertEquals("FerroHSM", plain.getName());
        assertTrue(plain.isConfigured());
        Provider payments = plain.configure("/etc/ferrohsm/payments.toml");
        assertEquals("FerroHSM-payments", payments.getName());
        assertEquals("FerroHSM-other", new FerroHsmProvider("other").getName());
        assertThrows(IllegalArgumentException.class, () -> new FerroHsmProvider("/"));
    }

    @Test
    void withoutAConfigurationTheFirstUseSaysWhatToDo() throws Exception {
        FerroHsmProvider provider = new FerroHsmProvider("/nowhere/client.toml");
        assertTrue(provider.toString().contains("not used yet"), provider.toString());
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", provider);
        ProviderException missing = assertThrows(ProviderException.class, generator::generateKeyPair);
        assertTrue(missing.getMessage().contains("/nowhere/client.toml"), missing.getMessage());
        assertThrows(ProviderException.class, provider::checkHealth);
        assertThrows(javax.security.auth.login.LoginException.class, () -> provider.login(null, null));
    }

    @Test
    void everyServiceOfTheTableIsThere() throws Exception {
        FerroHsmProvider provider = DevHsm.provider();
        int services = 0;
        for (Tables.Mechanism mechanism : Tables.get().mechanisms()) {
            for (Tables.Service service : mechanism.services()) {
                int since = Map.of("KEM", 21, "KDF", 25).getOrDefault(service.engine(), 17);
                if (Runtime.version().feature() < since) {
                    assertNull(provider.getService(service.engine(), service.name()));
                    continue;
                }
                services++;
                Provider.Service found = provider.getService(service.engine(), service.name());
                assertNotNull(found, service.toString());
                assertNotNull(found.newInstance(null), service.toString());
                for (String alias : service.aliases()) {
                    assertSame(found, provider.getService(service.engine(), alias), alias);
                }
            }
        }
        // The KeyStore is no mechanism.
        assertEquals(services, provider.getServices().stream().filter(s -> !s.getType().equals("KeyStore")).count());
        assertNotNull(provider.getService("KeyStore", "FERROHSM"));
        assertNull(provider.getService("MessageDigest", "MD5"));
    }

    @Test
    void digestsAreForThoseWhoNameTheProvider() throws Exception {
        byte[] data = {1, 2, 3};
        for (String name : new String[] {"SHA-1", "SHA-224", "SHA-256", "SHA-384", "SHA-512", "SHA256",
            "OID.2.16.840.1.101.3.4.2.1"}) {
            MessageDigest digest = MessageDigest.getInstance(name, DevHsm.provider());
            assertEquals("FerroHSM-client", digest.getProvider().getName());
            assertArrayEquals(MessageDigest.getInstance(name, "SUN").digest(data), digest.digest(data), name);
        }
        FerroHsmProvider first = new FerroHsmProvider();
        try {
            Security.insertProviderAt(first, 1);
            assertEquals("SUN", MessageDigest.getInstance("SHA-256").getProvider().getName());
            assertEquals(first.getName(), MessageDigest.getInstance("SHA-256", "FerroHSM").getProvider().getName());
        } finally {
            Security.removeProvider(first.getName());
        }
    }

    @Test
    void row13HealthAndTextTellTheState() {
        FerroHsmProvider provider = DevHsm.provider();
        provider.checkHealth();
        String text = provider.toString();
        assertTrue(text.contains("client.toml") && text.contains("logged in"), text);
    }

    @Test
    void row14ProvidersOfOneConfigurationShareTheirClient() {
        assertSame(DevHsm.provider().client(), DevHsm.provider().client());
    }

    @Test
    void randomBytesComeInAnyNumber() throws Exception {
        SecureRandom random = SecureRandom.getInstance("AES-CTR-DRBG", DevHsm.provider());
        Set<String> seen = new HashSet<>();
        for (int length : new int[] {16, 16, 65_536, 65_537, 200_000}) {
            byte[] bytes = new byte[length];
            random.nextBytes(bytes);
            assertTrue(seen.add(Arrays.toString(Arrays.copyOf(bytes, 16))));
            assertTrue(bytes[length - 1] != 0 || bytes[length - 2] != 0 || bytes[length - 3] != 0);
        }
        random.nextBytes(new byte[0]);
        assertEquals(20, random.generateSeed(20).length);
        random.setSeed(new byte[8]);
    }

    @Test
    void parametersOfOursAreTheJdks() throws Exception {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding", DevHsm.provider());
        cipher.init(Cipher.ENCRYPT_MODE, KeyGenerator.getInstance("AES", DevHsm.provider()).generateKey());
        AlgorithmParameters parameters = cipher.getParameters();
        assertEquals("SunJCE", parameters.getProvider().getName());
    }

    @Test
    void aSecondOneOfTheSameNameIsNotAdded() throws Exception {
        FerroHsmProvider first = new FerroHsmProvider();
        try {
            assertTrue(Security.addProvider(first) > 0);
            assertEquals(-1, Security.addProvider(new FerroHsmProvider()));
        } finally {
            Security.removeProvider(first.getName());
        }
    }

    @Test
    void exceptionsOfTheStatusTableExistAndTakeAText() throws Exception {
        Set<String> classes = Tables.get().exceptionClasses();
        assertTrue(classes.size() > 10, classes.toString());
        for (String name : classes) {
            Throwable made = (Throwable) Class.forName(name).getConstructor(String.class).newInstance("text");
            assertEquals("text", made.getMessage());
        }
    }
}
