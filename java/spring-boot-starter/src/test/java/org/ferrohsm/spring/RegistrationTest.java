package org.ferrohsm.spring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.security.KeyStore;
import java.security.Provider;
import java.security.Security;
import java.util.Map;
import org.ferrohsm.provider.FerroHsmProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;

/** One provider for the JVM, whichever applications and tests run in it. */
class RegistrationTest {
    private final TestHsm hsm;

    RegistrationTest() throws Exception {
        hsm = TestHsm.shared();
    }

    @AfterEach
    void remove() {
        Security.removeProvider("FerroHSM");
    }

    private static FerroHsmProvider install(String... namesAndValues) {
        StandardEnvironment environment = new StandardEnvironment();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            environment.getPropertySources().addFirst(
                new MapPropertySource(namesAndValues[i], Map.of(namesAndValues[i], namesAndValues[i + 1])));
        }
        return FerroHsmRegistration.install(environment);
    }

    @Test
    void theLastConfigurationDecides() throws Exception {
        Path other = hsm.configWith("other", "(?m)^dev", "timeout-ms = 20000\ndev");
        FerroHsmProvider first = install("ferrohsm.config", hsm.config().toString());
        Provider[] all = Security.getProviders();
        assertSame(first, all[all.length - 1], "it is not the last");
        KeyStore keys = KeyStore.getInstance("FERROHSM", "FerroHSM");
        keys.load(null, null);
        assertTrue(first.toString().contains(hsm.config().toString()), first.toString());

        assertSame(first, install("ferrohsm.config", "file:" + hsm.config()), "the same again");
        assertSame(first, install(), "who names none takes what is there");

        FerroHsmProvider second = install("ferrohsm.config", other.toString());
        assertNotSame(first, second);
        assertSame(second, Security.getProvider("FerroHSM"));
        second.checkHealth();
        assertTrue(second.toString().contains(other.toString()), second.toString());
        assertTrue(keys.size() >= 0, "the first one's KeyStore goes on");
    }

    @Test
    void anApplicationsOwnProviderStays() throws Exception {
        FerroHsmProvider own = FerroHsmProvider.withConfiguration(hsm.config());
        Security.addProvider(own);
        assertSame(own, install());
        FerroHsmProvider named = install("ferrohsm.config", hsm.config().toString());
        assertSame(named, Security.getProvider("FerroHSM"), "a configuration was named, and it might be another");
    }

    @Test
    void theTypePkcs11IsAQuestionOfTheProperty() {
        install("ferrohsm.config", hsm.config().toString());
        assertEquals("true", System.getProperty("ferrohsm.keystore.pkcs11"));
        System.clearProperty("ferrohsm.keystore.pkcs11");
        install("ferrohsm.keystore.pkcs11", "false");
        assertEquals(null, System.getProperty("ferrohsm.keystore.pkcs11"));
    }

    @Test
    void theConfigurationIsAFile() {
        IllegalArgumentException refused =
            assertThrows(IllegalArgumentException.class, () -> install("ferrohsm.config", "https://example.com/client.toml"));
        assertTrue(refused.getMessage().contains("ferrohsm.config must name a file"), refused.getMessage());
    }
}
