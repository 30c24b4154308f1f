package example;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyStore;
import java.security.Provider;
import java.security.ProviderException;
import java.security.PublicKey;
import java.security.Signature;
import java.util.Base64;
import org.ferrohsm.junit.FerroHsm;
import org.ferrohsm.junit.FerroHsmServer;
import org.ferrohsm.junit.HsmKey;
import org.junit.jupiter.api.Test;

@FerroHsm
class TokenSignerTest {
    @Test
    void tokensCanBeVerifiedWithoutTheHsm(Provider hsm, @HsmKey(algorithm = "EC", size = 256) KeyPair pair)
        throws Exception {
        assertNull(pair.getPrivate().getEncoded()); // it stays in the HSM
        assertTrue(isValid(new TokenSigner(hsm, pair.getPrivate()).sign("{\"sub\":\"me\"}"), pair.getPublic()));
    }

    @Test
    void aPowerCutInTheHsmIsSurvived(FerroHsmServer server, Provider hsm, KeyStore store,
        @HsmKey(attributes = {"token=true", "label=signing"}) KeyPair pair) throws Exception {
        TokenSigner signer = new TokenSigner(hsm, pair.getPrivate());
        server.kill();
        assertThrows(ProviderException.class, () -> signer.sign("{}"));
        server.restart();
        assertTrue(isValid(signer.sign("{}"), pair.getPublic()));
        assertNotNull(store.getKey("signing", null));
    }

    /** By the JDK's own provider. */
    private static boolean isValid(String token, PublicKey key) throws Exception {
        int dot = token.lastIndexOf('.');
        Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format");
        signature.initVerify(key);
        signature.update(token.substring(0, dot).getBytes(StandardCharsets.US_ASCII));
        return signature.verify(Base64.getUrlDecoder().decode(token.substring(dot + 1)));
    }
}
