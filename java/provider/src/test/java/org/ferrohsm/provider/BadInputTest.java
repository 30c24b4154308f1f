package org.ferrohsm.provider;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.InvalidKeyException;
import java.security.InvalidParameterException;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.ProviderException;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.InvalidKeySpecException;
import java.util.List;
import javax.crypto.Cipher;
import javax.crypto.IllegalBlockSizeException;
import javax.crypto.SecretKey;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the HSM refuses, as JCA's exceptions with a cause and a remedy. After each, the same connection still works. */
class BadInputTest {
    private final FerroHsmProvider provider = DevHsm.provider();
    private final HsmClient client = provider.client();

    @AfterEach
    void theConnectionIsUnharmed() {
        provider.checkHealth();
    }

    private static Template label(String text) {
        return new Template().text("label", text);
    }

    @Test
    void labelsThatAreEmptyOrTooLong() {
        for (String label : new String[] {"", "x".repeat(64 * 1024)}) {
            InvalidParameterException refused = assertThrows(InvalidParameterException.class,
                () -> client.generateKey(KeyType.AES, 256, label(label)));
            assertTrue(refused.getMessage().contains("label"), refused.getMessage());
        }
    }

    @Test
    void keysThatDoNotExist() {
        for (long handle : new long[] {2, 12345678, Long.MAX_VALUE - 1}) {
            InvalidKeyException unknown = assertThrows(InvalidKeyException.class, () -> client.getKey(handle));
            assertTrue(unknown.getMessage().contains("no such key"), unknown.getMessage());
            assertThrows(InvalidKeyException.class, () -> client.sign(handle, 0x33, null, new byte[32]));
        }
    }

    @Test
    void usesThatAKeyLacks() throws Exception {
        PrivateKey noSign = Keys.privateKey(client, client.generateKeyPair(KeyType.EC, 0, Curve.P256,
            new Template().flag("sign", false), new Template()));
        Signature signature = Signature.getInstance("SHA256withECDSA", provider);
        InvalidKeyException refused = assertThrows(InvalidKeyException.class, () -> signature.initSign(noSign));
        assertTrue(refused.getMessage().contains("`sign`"), refused.getMessage());
        assertThrows(InvalidKeyException.class,
            () -> client.sign(((FerroHsmKey) noSign).getHandle(), 0x33, null, new byte[32]));
        SecretKey noEncrypt = Keys.secretKey(client,
            client.generateKey(KeyType.AES, 256, new Template().flag("encrypt", false)));
        assertThrows(InvalidKeyException.class,
            () -> Cipher.getInstance("AES/GCM/NoPadding", provider).init(Cipher.ENCRYPT_MODE, noEncrypt));
    }

    @Test
    void mechanismsThatAKeyDoesNotAllow() throws Exception {
        PrivateKey narrow = Keys.privateKey(client, client.generateKeyPair(KeyType.EC, 0, Curve.P256,
            new Template().mechanisms("allowed-mechanisms", Tables.get().mechanism("ecdsa-sha384").code()),
            new Template()));
        Signature signature = Signature.getInstance("SHA256withECDSA", provider);
        signature.initSign(narrow);
        SignatureException refused = assertThrows(SignatureException.class, signature::sign);
        assertInstanceOf(InvalidKeyException.class, refused.getCause());
        assertTrue(refused.getMessage().contains("allowed-mechanisms"), refused.getMessage());
    }

    @Test
    void mechanismsThatDoNotFitTheKeyOrDoNotExist() throws Exception {
        KeyInfo aes = client.generateKey(KeyType.AES, 256, new Template());
        InvalidKeyException wrongType =
            assertThrows(InvalidKeyException.class, () -> client.sign(aes.handle(), 0x33, null, new byte[32]));
        assertTrue(wrongType.getMessage().contains("type"), wrongType.getMessage());
        assertThrows(NoSuchAlgorithmException.class, () -> client.sign(aes.handle(), 0x7777, null, new byte[32]));
        assertThrows(NoSuchAlgorithmException.class, () -> client.sign(aes.handle(), 0x40, null, new byte[32]));
    }

    @Test
    void digestsOfTheWrongLength() throws Exception {
        KeyInfo key = client.generateKeyPair(KeyType.EC, 0, Curve.P256, new Template(), new Template());
        assertThrows(IllegalBlockSizeException.class,
            () -> client.sign(key.handle(), Tables.get().mechanism("ecdsa-sha256").code(), null, new byte[31]));
    }

    @Test
    void requestsOverTheSizeLimit() throws Exception {
        KeyInfo aes = client.generateKey(KeyType.AES, 256, new Template());
        IllegalBlockSizeException tooLarge = assertThrows(IllegalBlockSizeException.class,
            () -> client.encrypt(aes.handle(), 0x43, MechanismParameters.chunk(new byte[16], false),
                new byte[2_000_000]));
        assertTrue(tooLarge.getMessage().contains("size limit"), tooLarge.getMessage());
    }

    @Test
    void keySizesThatTheHsmRefuses() {
        InvalidParameterException rsa = assertThrows(InvalidParameterException.class,
            () -> client.generateKeyPair(KeyType.RSA, 1024, null, new Template(), new Template()));
        assertTrue(rsa.getMessage().contains("1024") || rsa.getMessage().contains("2048"), rsa.getMessage());
        assertThrows(InvalidParameterException.class, () -> client.generateKey(KeyType.AES, 100, new Template()));
    }

    @Test
    void materialThatIsNoKey() {
        assertThrows(InvalidKeySpecException.class, () -> client.importKey(KeyType.RSA, new byte[] {1, 2, 3},
            new Template(), new Template(), List.of(), false));
        assertThrows(InvalidKeySpecException.class, () -> client.importKey(KeyType.AES, new byte[3], new Template(),
            new Template(), List.of(), false));
    }

    @Test
    void attributesThatCannotBeSetOrLoosened() throws Exception {
        KeyInfo aes = client.generateKey(KeyType.AES, 256, new Template());
        assertThrows(InvalidParameterException.class,
            () -> client.updateKey(aes.handle(), new Template().flag("extractable", true), null, false));
        assertThrows(InvalidParameterException.class,
            () -> client.updateKey(aes.handle(), new Template().flag("local", false), null, false));
        assertEquals(aes.attributes().size(), client.getKey(aes.handle()).attributes().size());
        assertThrows(IllegalArgumentException.class, () -> new Template().flag("no-such-attribute", true));
    }

    @Test
    void whatAFipsClusterExcludes() throws Exception {
        try (DevHsm fips = DevHsm.start("fips")) {
            FerroHsmProvider inFips = new FerroHsmProvider(fips.config().toString());
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", inFips);
            generator.initialize(new ECGenParameterSpec("secp256k1"));
            ProviderException refused = assertThrows(ProviderException.class, generator::generateKeyPair);
            assertTrue(refused.getMessage().contains("FIPS"), refused.getMessage());
            generator.initialize(256);
            assertEquals("EC", generator.generateKeyPair().getPrivate().getAlgorithm());
        }
    }

    @Test
    void configurationsThatAreWrong() throws Exception {
        for (String[] wrong : new String[][] {{"^cluster-id", "cluster-id = \"zz\"", "cluster-id"},
            {"^addresses", "addresses = []", "addresses"}, {"^nothing", "surprise = 1", "surprise"},
            {"^root", "root = \"absent.crt\"", "absent.crt"}, {"^timeout", "timeout-ms = 0", "timeout-ms"}}) {
            FerroHsmProvider with =
                new FerroHsmProvider(DevHsm.shared().configWith("wrong", wrong[0], wrong[1]).toString());
            ProviderException refused = assertThrows(ProviderException.class, with::checkHealth);
            assertTrue(refused.getMessage().contains(wrong[2]), refused.getMessage());
        }
    }

    @Test
    void aServerOfAnotherClusterAndADevClusterThatWasNotExpected() throws Exception {
        FerroHsmProvider other = new FerroHsmProvider(DevHsm.shared().configWith("other", "^cluster-id",
            "cluster-id = \"00112233445566778899aabbccddeeff\"", "timeout-ms = 5000").toString());
        ProviderException untrusted = assertThrows(ProviderException.class, other::checkHealth);
        assertTrue(untrusted.getMessage().contains("not an HSM of the configured cluster"), untrusted.getMessage());
        FerroHsmProvider notDev =
            new FerroHsmProvider(DevHsm.shared().configWith("not-dev", "^dev", "timeout-ms = 5000").toString());
        ProviderException dev = assertThrows(ProviderException.class, notDev::checkHealth);
        assertTrue(dev.getMessage().contains("dev"), dev.getMessage());
    }
}
