package example;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.Signature;
import java.util.Base64;

/** What is tested here: signs claims as a JSON Web Token (ES256), with a key that it never sees. */
public final class TokenSigner {
    private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();

    private final Provider provider;
    private final PrivateKey key;

    public TokenSigner(Provider provider, PrivateKey key) {
        this.provider = provider;
        this.key = key;
    }

    /** The token for these claims, a JSON object. */
    public String sign(String claims) throws GeneralSecurityException {
        String text = encode("{\"alg\":\"ES256\"}".getBytes(StandardCharsets.UTF_8)) + '.'
            + encode(claims.getBytes(StandardCharsets.UTF_8));
        Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format", provider);
        signature.initSign(key);
        signature.update(text.getBytes(StandardCharsets.US_ASCII));
        return text + '.' + encode(signature.sign());
    }

    private static String encode(byte[] bytes) {
        return BASE64.encodeToString(bytes);
    }
}
