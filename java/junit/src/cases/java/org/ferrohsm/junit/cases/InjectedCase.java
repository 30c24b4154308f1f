package org.ferrohsm.junit.cases;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.AuthProvider;
import java.security.KeyPair;
import java.security.KeyStore;
import java.security.Provider;
import java.security.Security;
import java.security.Signature;
import java.security.interfaces.ECKey;
import java.security.interfaces.RSAKey;
import java.util.List;
import javax.crypto.SecretKey;
import org.ferrohsm.junit.FerroHsm;
import org.ferrohsm.junit.FerroHsmServer;
import org.ferrohsm.junit.HsmKey;
import org.ferrohsm.provider.FerroHsmKey;
import org.ferrohsm.provider.FerroHsmProvider;
import org.ferrohsm.provider.attributes.KeyAttribute;
import org.ferrohsm.provider.attributes.KeyAttributesMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What can be injected, and where. */
@FerroHsm
public class InjectedCase {
    private static FerroHsmServer ofClass;
    private final Provider ofConstructor;

    InjectedCase(Provider hsm) {
        ofConstructor = hsm;
    }

    @BeforeAll
    static void beforeAll(FerroHsmServer server) {
        ofClass = server;
    }

    @AfterAll
    static void afterAll(FerroHsmServer server) {
        assertSame(ofClass, server);
    }

    @BeforeEach
    void beforeEach(Provider hsm) {
        assertTrue(hsm.getName().startsWith("FerroHSM-app"), hsm.getName());
    }

    @Test
    void providers(Provider hsm, AuthProvider same, FerroHsmProvider again, FerroHsmServer server) {
        assertSame(ofConstructor, hsm);
        assertSame(hsm, same);
        assertSame(hsm, again);
        assertSame(ofClass, server);
        assertNull(Security.getProvider(hsm.getName()));
    }

    @Test
    void keyStore(KeyStore store, Provider hsm) throws Exception {
        assertEquals("FERROHSM", store.getType());
        assertSame(hsm, store.getProvider());
        assertEquals(0, store.size());
    }

    @Test
    void signs(Provider hsm, @HsmKey(algorithm = "EC", size = 384) KeyPair pair) throws Exception {
        assertEquals(384, ((ECKey) pair.getPrivate()).getParams().getOrder().bitLength());
        Signature signature = Signature.getInstance("SHA384withECDSA", hsm);
        signature.initSign(pair.getPrivate());
        signature.update((byte) 1);
        byte[] signed = signature.sign();
        Signature jdk = Signature.getInstance("SHA384withECDSA", "SunEC");
        jdk.initVerify(pair.getPublic());
        jdk.update((byte) 1);
        assertTrue(jdk.verify(signed));
    }

    @Test
    void keysByDefault(@HsmKey KeyPair pair, @HsmKey KeyPair other, @HsmKey SecretKey key) throws Exception {
        assertEquals("EC", pair.getPrivate().getAlgorithm());
        assertNotSame(pair.getPrivate(), other.getPrivate());
        assertNotEquals(pair.getPublic(), other.getPublic());
        assertEquals("AES", key.getAlgorithm());
        KeyAttributesMap attributes = ((FerroHsmKey) key).getAttributes();
        assertEquals(256, attributes.get(KeyAttribute.SIZE));
        assertEquals(false, attributes.get(KeyAttribute.EXTRACTABLE));
        assertEquals(false, attributes.get(KeyAttribute.TOKEN));
    }

    @Test
    void attributesOfAPair(@HsmKey(algorithm = "RSA", size = 2048,
        attributes = {"label=pair", "id=0x01ff", "extractable=true", "allowed-mechanisms=sha256-rsa-pkcs"},
        publicAttributes = "label=public half") KeyPair pair) throws Exception {
        KeyAttributesMap attributes = ((FerroHsmKey) pair.getPrivate()).getAttributes();
        assertEquals(2048, ((RSAKey) pair.getPrivate()).getModulus().bitLength());
        assertEquals("pair", attributes.get(KeyAttribute.LABEL));
        assertEquals(true, attributes.get(KeyAttribute.EXTRACTABLE));
        assertEquals(List.of("sha256-rsa-pkcs"), attributes.get(KeyAttribute.ALLOWED_MECHANISMS));
        assertTrue(java.util.Arrays.equals(new byte[] {1, -1}, (byte[]) attributes.get(KeyAttribute.ID)));
    }

    @Test
    void attributesOfASecretKey(
        @HsmKey(algorithm = "AES", size = 128, attributes = {"encrypt=false", "token=true", "label=kept"}) SecretKey key,
        KeyStore store) throws Exception {
        KeyAttributesMap attributes = ((FerroHsmKey) key).getAttributes();
        assertEquals(128, attributes.get(KeyAttribute.SIZE));
        assertEquals(false, attributes.get(KeyAttribute.ENCRYPT));
        assertTrue(store.containsAlias("kept"));
        store.deleteEntry("kept");
        assertFalse(store.containsAlias("kept"));
    }

    /** Uses the HSM of the class around it. */
    @Nested
    class Inside {
        @Test
        void sharesIt(FerroHsmServer server) {
            assertSame(ofClass, server);
        }
    }

    /** Has its own, which the instance gets before any callback is called. */
    @Nested
    @FerroHsm
    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    class WithItsOwn {
        private final FerroHsmServer own;

        WithItsOwn(FerroHsmServer server) {
            own = server;
        }

        @Test
        void doesNotShareIt(FerroHsmServer server) {
            assertSame(own, server);
            assertNotSame(ofClass, server);
        }
    }
}
