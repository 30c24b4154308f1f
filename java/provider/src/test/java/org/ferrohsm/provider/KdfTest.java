package org.ferrohsm.provider;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.security.InvalidAlgorithmParameterException;
import java.security.Provider;
import java.security.Security;
import java.security.spec.AlgorithmParameterSpec;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.ferrohsm.provider.attributes.KeyAttribute;
import org.ferrohsm.provider.attributes.KeyAttributesMapBuilder;
import org.ferrohsm.provider.spec.HkdfParameterSpec;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** HKDF through JDK 25's {@code javax.crypto.KDF}, with keys in the HSM. */
class KdfTest {
    private static final String NAME = "HKDF-SHA256";
    private static final byte[] SALT = "salt".getBytes(StandardCharsets.UTF_8);
    private static final byte[] INFO = "info".getBytes(StandardCharsets.UTF_8);
    private static final byte[] BYTES = "forty bytes of input keying material, ok".getBytes(StandardCharsets.UTF_8);

    private final FerroHsmProvider provider = DevHsm.provider();
    private final Provider jdk = Security.getProvider("SunJCE");

    @BeforeEach
    void onlyWhereItIs() {
        Provider.Service service = provider.getService("KDF", NAME);
        if (KdfCalls.areThere()) {
            assertEquals("org.ferrohsm.provider.HsmKdf", service.getClassName());
        } else {
            assertNull(service);
        }
        Assumptions.assumeTrue(KdfCalls.areThere());
    }

    private static void assertIs(byte[] expected, SecretKey derived, Provider provider) throws Exception {
        assertNull(derived.getEncoded());
        if (derived.getAlgorithm().equals("AES")) {
            Cipher ours = Cipher.getInstance("AES/CBC/NoPadding", provider);
            ours.init(Cipher.ENCRYPT_MODE, derived, new IvParameterSpec(new byte[16]));
            Cipher theirs = Cipher.getInstance("AES/CBC/NoPadding", "SunJCE");
            theirs.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(expected, "AES"), new IvParameterSpec(new byte[16]));
            assertArrayEquals(theirs.doFinal(new byte[32]), ours.doFinal(new byte[32]));
            return;
        }
        Mac ours = Mac.getInstance("HmacSHA384", provider);
        ours.init(derived);
        Mac theirs = Mac.getInstance("HmacSHA384", "SunJCE");
        theirs.init(new SecretKeySpec(expected, "HmacSHA384"));
        assertArrayEquals(theirs.doFinal(INFO), ours.doFinal(INFO));
    }

    @ParameterizedTest
    @ValueSource(strings = {"HKDF-SHA256", "HKDF-SHA384", "HKDF-SHA512"})
    void meetsTheJdk(String name) throws Exception {
        SecretKey base = KdfCalls.base(provider, BYTES.clone());
        SecretKey software = new SecretKeySpec(BYTES, "Generic");
        Object ours = KdfCalls.get(name, provider);
        Object theirs = KdfCalls.get(name, jdk);
        for (byte[] salt : new byte[][] {SALT, {}}) {
            byte[] prk = KdfCalls.deriveData(theirs, KdfCalls.extract(salt, software));
            SecretKey extracted = KdfCalls.deriveKey(ours, "PRK", KdfCalls.extract(salt, base));
            assertEquals(prk.length * 8, ((FerroHsmSecretKey) extracted).info().sizeBits());
            assertFalse(((FerroHsmSecretKey) extracted).info().flag("sign"));
            for (byte[] info : new byte[][] {INFO, null}) {
                for (int length : new int[] {16, 32, 100}) {
                    String algorithm = length == 100 ? "HmacSHA384" : "AES";
                    byte[] expected = KdfCalls.deriveData(theirs, KdfCalls.both(software, salt, info, length));
                    assertIs(expected, KdfCalls.deriveKey(ours, algorithm, KdfCalls.both(base, salt, info, length)),
                        provider);
                    assertIs(expected, KdfCalls.deriveKey(ours, algorithm, KdfCalls.expand(extracted, info, length)),
                        provider);
                }
            }
        }
        assertNull(ours.getClass().getMethod("getParameters").invoke(ours));
    }

    @Test
    void attributesComeWithOurSpecification() throws Exception {
        SecretKey base = KdfCalls.base(provider, BYTES.clone());
        HkdfParameterSpec spec = HkdfParameterSpec.ofExtractThenExpand("HmacSHA256", base, SALT, INFO,
            new KeyAttributesMapBuilder().put(KeyAttribute.SIZE, 256).put(KeyAttribute.LABEL, "derived")
                .put(KeyAttribute.DECRYPT, false).build());
        SecretKey derived = KdfCalls.deriveKey(KdfCalls.get(NAME, provider), "AES", spec);
        assertIs(KdfCalls.deriveData(KdfCalls.get(NAME, jdk),
            KdfCalls.both(new SecretKeySpec(BYTES, "Generic"), SALT, INFO, 32)), derived, provider);
        assertFalse(((FerroHsmSecretKey) derived).info().flag("decrypt"));
        InvalidAlgorithmParameterException other = assertThrows(InvalidAlgorithmParameterException.class,
            () -> KdfCalls.deriveKey(KdfCalls.get("HKDF-SHA512", provider), "AES", spec));
        assertCause(other, "HmacSHA256");
    }

    /** The KDF puts an exception of its own around what a provider that was named said. */
    private static void assertCause(Exception refused, String part) {
        assertTrue(refused.getCause().getMessage().contains(part), refused.getCause().getMessage());
    }

    private void assertRefused(String part, String algorithm, AlgorithmParameterSpec spec) throws Exception {
        Object kdf = KdfCalls.get(NAME, provider);
        assertCause(assertThrows(InvalidAlgorithmParameterException.class,
            () -> KdfCalls.deriveKey(kdf, algorithm, spec)), part);
    }

    @Test
    void derivedBytesStayInTheHsm() throws Exception {
        SecretKey base = KdfCalls.base(provider, BYTES.clone());
        Object kdf = KdfCalls.get(NAME, provider);
        for (AlgorithmParameterSpec spec : Arrays.asList(KdfCalls.extract(SALT, base), KdfCalls.expand(base, INFO, 32),
            KdfCalls.both(base, SALT, INFO, 32))) {
            UnsupportedOperationException refused =
                assertThrows(UnsupportedOperationException.class, () -> KdfCalls.deriveData(kdf, spec));
            assertTrue(refused.getMessage().contains("call deriveKey"), refused.getMessage());
        }
    }

    @Test
    void whatItDoesNotTakeIsRefusedWithTheReason() throws Exception {
        SecretKey base = KdfCalls.base(provider, BYTES.clone());
        SecretKey software = new SecretKeySpec(BYTES, "Generic");
        assertRefused("import it", "AES", KdfCalls.both(software, SALT, INFO, 32));
        assertRefused("import it", "AES", KdfCalls.expand(software, INFO, 32));
        assertThrows(InvalidAlgorithmParameterException.class,
            () -> KdfCalls.deriveData(KdfCalls.get(NAME, provider), KdfCalls.expand(software, INFO, 32)));
        assertRefused("key is null", "AES", KdfCalls.extract(new byte[0]));
        assertRefused("not 2", "AES", KdfCalls.extract(SALT, base, software));
        assertRefused("salt", "AES", KdfCalls.extractWithKey(base, base));
        assertRefused("generic secret", "AES", KdfCalls.extract(SALT, base));
        assertRefused("16, 24 or 32 bytes", "AES", KdfCalls.both(base, SALT, INFO, 17));
        assertRefused("128 to 6400", "GenericSecret", KdfCalls.both(base, SALT, INFO, 8));
        assertRefused("IvParameterSpec", "AES", new IvParameterSpec(new byte[16]));
        SecretKey mac = SecretKeyFactory.getInstance("GenericSecret", provider)
            .generateSecret(new SecretKeySpec(BYTES, "HmacSHA256"));
        assertRefused("derive", "AES", KdfCalls.both(mac, SALT, INFO, 32));
        SecretKey aes = SecretKeyFactory.getInstance("AES", provider)
            .generateSecret(new SecretKeySpec(new byte[32], "AES"));
        assertRefused("another type", "AES", KdfCalls.both(aes, SALT, INFO, 32));
        InvalidAlgorithmParameterException parameters = assertThrows(InvalidAlgorithmParameterException.class,
            () -> KdfCalls.withParameters(NAME, provider));
        assertTrue(parameters.getMessage().contains("takes no"), parameters.getMessage());
    }

    /** As the last provider it is found by a key of its own, and by no other. */
    @Test
    void isChosenByTheKey() throws Exception {
        Security.addProvider(provider);
        try {
            SecretKey base = KdfCalls.base(provider, BYTES.clone());
            SecretKey software = new SecretKeySpec(BYTES, "Generic");
            Object own = KdfCalls.get(NAME);
            SecretKey derived = KdfCalls.deriveKey(own, "AES", KdfCalls.both(base, SALT, INFO, 32));
            assertEquals(provider.getName(), KdfCalls.providerName(own));
            Object others = KdfCalls.get(NAME);
            byte[] expected = KdfCalls.deriveData(others, KdfCalls.both(software, SALT, INFO, 32));
            assertEquals("SunJCE", KdfCalls.providerName(others));
            assertIs(expected, derived, provider);
        } finally {
            Security.removeProvider(provider.getName());
        }
    }
}
