package org.ferrohsm.provider;

import static org.ferrohsm.provider.KeyAttributesTest.map;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.Key;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.KeyStoreException;
import java.security.NoSuchProviderException;
import java.security.PrivateKey;
import java.security.Security;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.InvalidKeySpecException;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;
import org.ferrohsm.provider.attributes.EcParams;
import org.ferrohsm.provider.attributes.KeyAttribute;
import org.ferrohsm.provider.attributes.KeyAttributesMap;
import org.ferrohsm.provider.attributes.KeyPairAttributesMapBuilder;
import org.ferrohsm.provider.attributes.KeyReferenceSpec;
import org.ferrohsm.provider.attributes.KeyType;
import org.ferrohsm.provider.attributes.ObjectClassType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Looking keys up by attributes and by handle. Every test has labels of its own. */
class KeyStoreWithAttributesTest {
    private final FerroHsmProvider provider = DevHsm.provider();
    private final String label = "with-attributes-" + UUID.randomUUID();
    private KeyStoreWithAttributes store;

    @BeforeEach
    void load() throws Exception {
        store = KeyStoreWithAttributes.getInstance("FERROHSM", provider);
        store.load(null, null);
    }

    private KeyPair pair(String algorithm, String publicLabel, String privateLabel) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm, provider);
        generator.initialize(new KeyPairAttributesMapBuilder().withPublic(map(KeyAttribute.LABEL, publicLabel))
            .withPrivate(map(KeyAttribute.LABEL, privateLabel)).build());
        return generator.generateKeyPair();
    }

    private SecretKey aes(int bits, boolean token) throws Exception {
        KeyGenerator generator = KeyGenerator.getInstance("AES", provider);
        generator.init(map(KeyAttribute.LABEL, label, KeyAttribute.SIZE, bits, KeyAttribute.TOKEN, token));
        return generator.generateKey();
    }

    @Test
    void oneKeyIsFoundByItsAttributes() throws Exception {
        SecretKey small = aes(128, false);
        SecretKey large = aes(256, false);
        assertEquals(small, store.getKey(map(KeyAttribute.LABEL, label, KeyAttribute.SIZE, 128)));
        assertEquals(large, store.getKey(
            map(KeyAttribute.LABEL, label, KeyAttribute.SIZE, 256, KeyAttribute.KEY_TYPE, KeyType.AES)));
        assertNull(store.getKey(map(KeyAttribute.LABEL, label, KeyAttribute.SIZE, 192)));
        assertNull(store.getKey(map(KeyAttribute.LABEL, label, KeyAttribute.KEY_TYPE, KeyType.RSA)));
        assertNull(store.getKey(map(KeyAttribute.LABEL, label, KeyAttribute.TOKEN, true)));
        assertEquals(Set.of(small, large),
            Set.copyOf(store.getKeys(map(KeyAttribute.LABEL, label, KeyAttribute.LOCAL, true))));
        assertEquals(List.of(), store.getKeys(map(KeyAttribute.LABEL, "no " + label)));
    }

    @Test
    void severalMatchesAreAnErrorThatListsThem() throws Exception {
        FerroHsmKey one = (FerroHsmKey) aes(128, false);
        FerroHsmKey two = (FerroHsmKey) aes(256, false);
        InvalidKeySpecException several =
            assertThrows(InvalidKeySpecException.class, () -> store.getKey(map(KeyAttribute.LABEL, label)));
        for (FerroHsmKey key : List.of(one, two)) {
            assertTrue(several.getMessage().contains("0x" + Long.toHexString(key.getHandle())), several.getMessage());
        }
        assertTrue(several.getMessage().startsWith("2 keys match"), several.getMessage());
    }

    @Test
    void keysAreFoundByTheirHandles() throws Exception {
        FerroHsmKey secret = (FerroHsmKey) aes(256, false);
        assertEquals(secret, store.getKey(KeyReferenceSpec.getInstance(secret.getHandle())));
        KeyPair pair = pair("EC", label, label);
        long handle = ((FerroHsmKey) pair.getPrivate()).getHandle();
        assertEquals(pair.getPrivate(), store.getKey(KeyReferenceSpec.getInstance(handle)));
        assertEquals(pair.getPublic(), store.getKey(KeyReferenceSpec.getInstance(handle + 1)));
        assertEquals(List.of(pair.getPublic()), store.getKeys(KeyReferenceSpec.getInstance(handle + 1)));
        secret.destroy();
        assertNull(store.getKey(KeyReferenceSpec.getInstance(secret.getHandle())));
        assertNull(store.getKey(KeyReferenceSpec.getInstance(Long.MAX_VALUE)));
        assertThrows(InvalidKeySpecException.class,
            () -> store.getKey(new java.security.spec.X509EncodedKeySpec(new byte[1])));
        assertThrows(InvalidKeySpecException.class, () -> store.getKey(null));
        assertThrows(InvalidKeySpecException.class, () -> store.getKey(map(KeyAttribute.VALUE, new byte[16])));
    }

    @Test
    void bothHalvesOfAPairAreFound() throws Exception {
        KeyPair pair = pair("RSA", label + ":Public", label + ":Private");
        assertEquals(pair.getPublic(), store.getKey(map(KeyAttribute.LABEL, label + ":Public")));
        assertEquals(pair.getPrivate(), store.getKey(map(KeyAttribute.LABEL, label + ":Private")));
        assertNull(store.getKey(
            map(KeyAttribute.LABEL, label + ":Private", KeyAttribute.OBJECT_CLASS, ObjectClassType.PUBLIC_KEY)));
        Object modulus = ((RSAPublicKey) pair.getPublic()).getModulus();
        KeyAttributesMap byModulus = map(KeyAttribute.MODULUS, modulus, KeyAttribute.KEY_TYPE, KeyType.RSA);
        assertEquals(List.of(pair.getPrivate(), pair.getPublic()), store.getKeys(byModulus));
        assertInstanceOf(PrivateKey.class, store.getKey(byModulus));
        byModulus.put(KeyAttribute.OBJECT_CLASS, ObjectClassType.PUBLIC_KEY);
        assertEquals(pair.getPublic(), store.getKey(byModulus));
    }

    @Test
    void aSharedLabelMeansThePrivateKey() throws Exception {
        KeyPair pair = pair("EC", label, label);
        assertEquals(pair.getPrivate(), store.getKey(map(KeyAttribute.LABEL, label)));
        assertEquals(2, store.getKeys(map(KeyAttribute.LABEL, label)).size());
        assertEquals(pair.getPrivate(), store.getKey(
            map(KeyAttribute.LABEL, label, KeyAttribute.OBJECT_CLASS, ObjectClassType.PRIVATE_KEY)));
    }

    @Test
    void curvesAndPointsAreCompared() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", provider);
        generator.initialize(new ECGenParameterSpec("secp384r1"));
        KeyPair pair = generator.generateKeyPair();
        ECPublicKey publicKey = (ECPublicKey) pair.getPublic();
        assertEquals(publicKey, store.getKey(
            map(KeyAttribute.EC_PARAMS, EcParams.EC_CURVE_PRIME384, KeyAttribute.EC_POINT, publicKey.getW())));
        assertNull(store.getKey(
            map(KeyAttribute.EC_PARAMS, EcParams.EC_CURVE_PRIME256, KeyAttribute.EC_POINT, publicKey.getW())));
        List<Key> found = store.getKeys(map(KeyAttribute.EC_PARAMS, publicKey.getParams(), KeyAttribute.OBJECT_CLASS,
            ObjectClassType.PRIVATE_KEY));
        assertTrue(found.contains(pair.getPrivate()));
    }

    @Test
    void itIsAKeyStoreToo() throws Exception {
        SecretKey key = aes(256, true);
        KeyStore plain = store;
        assertTrue(plain.containsAlias(label));
        assertEquals(key, plain.getKey(label, null));
        ((FerroHsmKey) key).client().deleteKey(((FerroHsmKey) key).getHandle());
        assertFalse(plain.containsAlias(label));
    }

    @Test
    void instancesComeByTypeAndProvider() throws Exception {
        assertThrows(KeyStoreException.class, () -> KeyStoreWithAttributes.getInstance("FERROHSM"));
        Security.addProvider(provider);
        try {
            KeyStoreWithAttributes byType = KeyStoreWithAttributes.getInstance("FerroHSM");
            assertEquals(provider, byType.getProvider());
            KeyStoreException notLoaded =
                assertThrows(KeyStoreException.class, () -> byType.getKey(map(KeyAttribute.LABEL, label)));
            assertTrue(notLoaded.getMessage().contains("load(null, null)"), notLoaded.getMessage());
            assertEquals(provider,
                KeyStoreWithAttributes.getInstance("FERROHSM", provider.getName()).getProvider());
        } finally {
            Security.removeProvider(provider.getName());
        }
        assertThrows(KeyStoreException.class, () -> KeyStoreWithAttributes.getInstance("PKCS12", provider));
        assertThrows(KeyStoreException.class,
            () -> KeyStoreWithAttributes.getInstance("FERROHSM", Security.getProvider("SUN")));
        assertThrows(NoSuchProviderException.class, () -> KeyStoreWithAttributes.getInstance("FERROHSM", "nobody"));
    }
}
