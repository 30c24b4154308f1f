package org.ferrohsm.provider;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.KeyPairGenerator;
import java.security.ProviderException;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import javax.crypto.KeyGenerator;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.CallbackHandler;
import javax.security.auth.callback.PasswordCallback;
import org.ferrohsm.provider.attributes.KeyAttribute;
import org.ferrohsm.provider.exception.AuthenticationException;
import org.ferrohsm.provider.exception.AuthenticationExceptionCause;
import org.junit.jupiter.api.Test;

/** Providers that a program configures in code. */
class ProviderConfigTest {
    private static FerroHsmClusterBuilder cluster(String name) throws Exception {
        DevHsm hsm = DevHsm.shared();
        String[] address = address(hsm).split(":");
        FerroHsmServer server =
            FerroHsmServer.builder().withHostIP(address[0]).withPort(Integer.parseInt(address[1])).build();
        return FerroHsmCluster.builder().withClusterUniqueIdentifier(name).withServer(server)
            .withHsmCAFilePath(file(hsm, "root")).withClusterId(hsm.configValue("cluster-id")).withDevCluster(true)
            .withClientCertificate(file(hsm, "client-certificate"), file(hsm, "client-key"));
    }

    static String address(DevHsm hsm) throws Exception {
        String config = java.nio.file.Files.readString(hsm.config());
        java.util.regex.Matcher address = java.util.regex.Pattern.compile("127\\.0\\.0\\.1:\\d+").matcher(config);
        assertTrue(address.find(), "an address in the configuration");
        return address.group();
    }

    static String file(DevHsm hsm, String key) throws Exception {
        return hsm.config().resolveSibling(hsm.configValue(key)).toString();
    }

    private static FerroHsmProvider provider(FerroHsmClusterBuilder cluster) throws Exception {
        return new FerroHsmProvider(FerroHsmProviderConfig.builder().withCluster(cluster.build()).build());
    }

    private static CallbackHandler login() throws Exception {
        String pin = DevHsm.shared().configValue("user") + ':' + DevHsm.shared().configValue("password");
        return callbacks -> {
            for (Callback callback : callbacks) {
                if (callback instanceof PasswordCallback wanted) {
                    wanted.setPassword(pin.toCharArray());
                }
            }
        };
    }

    @Test
    void theProviderHasItsNameAndALoginOfItsOwn() throws Exception {
        FerroHsmProvider one = provider(cluster("one"));
        FerroHsmProvider two = provider(cluster("two"));
        assertEquals("one", one.getName());
        assertNotSame(one.client(), two.client());
        one.login(null, login());
        KeyPairGenerator.getInstance("EC", one).generateKeyPair();
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", two);
        AuthenticationException nobody = assertThrows(AuthenticationException.class, generator::generateKeyPair);
        assertEquals(AuthenticationExceptionCause.UNAUTHENTICATED, nobody.getFerroHsmExceptionCause());
        one.logout();
        String random = provider(cluster(null)).getName();
        assertTrue(random.startsWith("FerroHSM-"), random);
        assertNotEquals(random, provider(cluster(null)).getName());
    }

    @Test
    void cloudHsmsDefaultsCanBeAskedFor() throws Exception {
        FerroHsmProvider provider = provider(cluster("a \"name\" \\ with\n quotes").withDefaults("cloudhsm"));
        provider.login(null, login());
        FerroHsmKey key = (FerroHsmKey) KeyGenerator.getInstance("AES", provider).generateKey();
        assertEquals(true, key.getAttributes().get(KeyAttribute.EXTRACTABLE));
        provider.logout();
    }

    @Test
    void whatIsMissingIsNamed() throws Exception {
        IllegalStateException missing =
            assertThrows(IllegalStateException.class, () -> FerroHsmCluster.builder().build());
        assertTrue(missing.getMessage().contains("withServer"), missing.getMessage());
        assertThrows(IllegalStateException.class, () -> cluster("x").withClusterId(null).build());
        assertThrows(IllegalStateException.class, () -> cluster("x").withClientCertificate("a", null).build());
        assertThrows(IllegalStateException.class, () -> cluster("x").withHsmCAFilePath(null).build());
        assertThrows(IllegalStateException.class, () -> cluster(" ").build());
        assertThrows(IllegalStateException.class, () -> FerroHsmServer.builder().build());
        assertThrows(IllegalStateException.class, () -> FerroHsmServer.builder().withHostIP("h").withPort(0).build());
        assertThrows(IllegalStateException.class, () -> FerroHsmProviderConfig.builder().build());
        assertEquals("[::1]:2223", FerroHsmServer.builder().withHostIP("::1").build().address());
        FerroHsmProvider wrong = provider(cluster("wrong").withClusterId("no hex"));
        ProviderException refused = assertThrows(ProviderException.class, wrong::checkHealth);
        assertTrue(refused.getMessage().contains("cluster-id"), refused.getMessage());
    }

    @Test
    void optionsAreKeptToOrRefused() throws Exception {
        cluster("x").withOptions(OptionalParameters.VALIDATE_KEY_AT_INIT, false)
            .withOptions(OptionalParameters.KEY_AVAILABILITY_CHECK, true)
            .withOptions(OptionalParameters.KEY_AVAILABILITY_CHECK, false).build();
        IllegalArgumentException refused = assertThrows(IllegalArgumentException.class,
            () -> cluster("x").withOptions(OptionalParameters.VALIDATE_KEY_AT_INIT, true));
        assertTrue(refused.getMessage().contains("VALIDATE_KEY_AT_INIT"), refused.getMessage());
    }

    @Test
    void settingsOfTheLogAreCheckedAndReported() throws Exception {
        FerroHsmLoggingConfigBuilder builder = FerroHsmLoggingConfig.builder();
        assertThrows(IllegalArgumentException.class, () -> builder.withLogLevel("loud"));
        assertThrows(IllegalArgumentException.class, () -> builder.withLogType("paper"));
        assertThrows(IllegalArgumentException.class, () -> builder.withLogInterval("now and then"));
        FerroHsmLoggingConfig logging = builder.withLogFile("/nowhere/x.log").withLogLevel("info").withLogType("file")
            .withLogInterval("daily").build();
        List<String> logged = new ArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord line) {
                logged.add(new SimpleFormatter().formatMessage(line));
            }

            @Override
            public void flush() {
                // Nothing is kept back.
            }

            @Override
            public void close() {
                // Nothing is open.
            }
        };
        Logger logger = Logger.getLogger("org.ferrohsm.provider");
        logger.addHandler(handler);
        try {
            new FerroHsmProvider(FerroHsmProviderConfig.builder().withCluster(cluster("logging").build())
                .withFerroHsmLogging(logging).build());
            assertEquals(1, logged.size(), logged.toString());
            assertTrue(logged.get(0).startsWith("logging logs through System.Logger")
                && logged.get(0).contains("/nowhere/x.log"), logged.toString());
            new FerroHsmProvider(FerroHsmProviderConfig.builder().withCluster(cluster("quiet").build())
                .withFerroHsmLogging(FerroHsmLoggingConfig.builder().build()).build());
            assertFalse(logged.size() > 1, logged.toString());
        } finally {
            logger.removeHandler(handler);
        }
    }
}
