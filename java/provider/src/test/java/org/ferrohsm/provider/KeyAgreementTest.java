package org.ferrohsm.provider;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.security.InvalidKeyException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.security.spec.ECGenParameterSpec;
import java.util.Arrays;
import javax.crypto.KeyAgreement;
import javax.crypto.SecretKey;
import javax.crypto.ShortBufferException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeyAgreementTest {
    private final FerroHsmProvider provider = DevHsm.provider();

    private static KeyPair generate(KeyPairGenerator generator, String curve) throws Exception {
        generator.initialize(new ECGenParameterSpec(curve));
        return generator.generateKeyPair();
    }

    private KeyPair inHsm(String curve) throws Exception {
        return generate(KeyPairGenerator.getInstance("EC", provider), curve);
    }

    private static byte[] agree(KeyAgreement agreement, KeyPair mine, KeyPair theirs) throws Exception {
        agreement.init(mine.getPrivate());
        agreement.doPhase(theirs.getPublic(), true);
        return agreement.generateSecret();
    }

    @ParameterizedTest
    @ValueSource(strings = {"secp256r1", "secp384r1", "secp521r1"})
    void agreesWithTheJdk(String curve) throws Exception {
        KeyPair ours = inHsm(curve);
        KeyPair software = generate(KeyPairGenerator.getInstance("EC", "SunEC"), curve);
        byte[] here = agree(KeyAgreement.getInstance("ECDH", provider), ours, software);
        assertArrayEquals(agree(KeyAgreement.getInstance("ECDH", "SunEC"), software, ours), here);
    }

    @ParameterizedTest
    @ValueSource(strings = {"secp224r1", "secp256k1"})
    void bothSidesInTheHsmAgree(String curve) throws Exception {
        KeyPair one = inHsm(curve);
        KeyPair other = inHsm(curve);
        KeyAgreement agreement = KeyAgreement.getInstance("ECDH", provider);
        assertArrayEquals(agree(agreement, one, other), agree(agreement, other, one));
    }

    @Test
    void givesATlsPremasterSecret() throws Exception {
        KeyAgreement agreement = KeyAgreement.getInstance("ECDH", provider);
        agreement.init(inHsm("secp256r1").getPrivate());
        agreement.doPhase(inHsm("secp256r1").getPublic(), true);
        SecretKey secret = agreement.generateSecret("TlsPremasterSecret");
        assertEquals(32, secret.getEncoded().length);
        agreement.doPhase(inHsm("secp256r1").getPublic(), true);
        assertThrows(NoSuchAlgorithmException.class, () -> agreement.generateSecret("AES"));
    }

    @Test
    void aSecretIsGivenOnceIntoEnoughRoom() throws Exception {
        KeyPair one = inHsm("secp521r1");
        KeyPair other = inHsm("secp521r1");
        KeyAgreement agreement = KeyAgreement.getInstance("ECDH", provider);
        byte[] expected = agree(agreement, one, other);
        agreement.doPhase(other.getPublic(), true);
        byte[] output = new byte[70];
        assertThrows(ShortBufferException.class, () -> agreement.generateSecret(output, 5));
        assertEquals(66, agreement.generateSecret(output, 4));
        assertArrayEquals(expected, Arrays.copyOfRange(output, 4, 70));
        assertThrows(IllegalStateException.class, () -> agreement.generateSecret(output, 0));
    }

    @Test
    void wrongPartnersAreRefused() throws Exception {
        KeyAgreement agreement = KeyAgreement.getInstance("ECDH", provider);
        agreement.init(inHsm("secp256r1").getPrivate());
        assertThrows(InvalidKeyException.class, () -> agreement.doPhase(inHsm("secp384r1").getPublic(), true));
        assertThrows(IllegalStateException.class, agreement::generateSecret);
        KeyPair software = generate(KeyPairGenerator.getInstance("EC", "SunEC"), "secp256r1");
        assertThrows(InvalidKeyException.class, () -> agreement.init(software.getPrivate()));
        KeyPair rsa = KeyPairGenerator.getInstance("RSA", "SunRsaSign").generateKeyPair();
        agreement.init(inHsm("secp256r1").getPrivate());
        assertThrows(InvalidKeyException.class, () -> agreement.doPhase(rsa.getPublic(), true));
    }
}
