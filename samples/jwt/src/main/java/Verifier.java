import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.DefaultResourceRetriever;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/**
 * A service that takes the issuer's tokens: it has the address of the JWKS and no HSM.
 *
 * <p>Usage: {@code Verifier JWKS_URL TOKEN_FILE...}. Exit code 1 if it refuses one, or cannot get the keys.
 */
public final class Verifier {
    /** To fetch the JWKS. Nimbus would wait half a second. */
    private static final int TIMEOUT_MS = 10_000;

    private Verifier() {
    }

    public static void main(String[] args) throws Exception {
        // Keeps the keys for a while, and fetches them anew when a token names one that it does not know.
        JWKSource<SecurityContext> keys = JWKSourceBuilder
            .create(new URL(args[0]), new DefaultResourceRetriever(TIMEOUT_MS, TIMEOUT_MS)).build();
        DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();
        processor.setJWSKeySelector(new JWSVerificationKeySelector<>(JWSAlgorithm.RS256, keys));
        processor.setJWTClaimsSetVerifier(new DefaultJWTClaimsVerifier<>(
            new JWTClaimsSet.Builder().issuer("https://issuer.example").build(), Set.of("sub", "exp")));
        boolean allGood = true;
        for (int i = 1; i < args.length; i++) {
            SignedJWT token = SignedJWT.parse(Files.readString(Path.of(args[i])));
            try {
                JWTClaimsSet claims = processor.process(token, null);
                System.out.println(args[i] + ": good, for " + claims.getSubject() + ", by " + token.getHeader().getKeyID());
            } catch (BadJOSEException e) {
                allGood = false;
                System.out.println(args[i] + ": REFUSED, " + e.getMessage());
            }
        }
        System.exit(allGood ? 0 : 1);
    }
}
