import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Security;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.Comparator;
import java.util.Date;
import org.ferrohsm.provider.FerroHsmProvider;

/**
 * Issues tokens at {@code /token?NAME}, signed with the newest key of the HSM, and publishes the public halves of all its keys
 * at {@code /jwks.json}. It asks the KeyStore each time, so keys come and go without a restart. Prints its port.
 */
public final class Issuer {
    private static final Duration LIFETIME = Duration.ofMinutes(10);

    private final KeyStore keys;

    private Issuer(KeyStore keys) {
        this.keys = keys;
    }

    public static void main(String[] args) throws Exception {
        Security.addProvider(new FerroHsmProvider());
        KeyStore keys = KeyStore.getInstance("FERROHSM");
        keys.load(null, null);
        Issuer issuer = new Issuer(keys);
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/token", exchange -> answer(exchange, () -> issuer.token(exchange.getRequestURI().getQuery())));
        server.createContext("/jwks.json", exchange -> answer(exchange, issuer::publicKeys));
        server.start();
        System.out.println(server.getAddress().getPort());
    }

    private String token(String subject) throws GeneralSecurityException, JOSEException {
        // jwt-1, jwt-2, ...: the alias is the key id that verifiers look for.
        String newest = Collections.list(keys.aliases()).stream().filter(alias -> alias.startsWith("jwt-"))
            .max(Comparator.comparingInt(alias -> Integer.parseInt(alias.substring(4)))).orElseThrow();
        Instant now = Instant.now();
        SignedJWT token = new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.RS256).type(JOSEObjectType.JWT).keyID(newest).build(),
            new JWTClaimsSet.Builder().issuer("https://issuer.example").subject(subject)
                .issueTime(Date.from(now)).expirationTime(Date.from(now.plus(LIFETIME))).build());
        RSASSASigner signer = new RSASSASigner((PrivateKey) keys.getKey(newest, null));
        signer.getJCAContext().setProvider(keys.getProvider());
        token.sign(signer);
        return token.serialize();
    }

    private String publicKeys() throws GeneralSecurityException {
        // Nimbus makes a JWK of each entry: key id from the alias, numbers from the certificate, which it adds as x5c.
        return JWKSet.load(keys, alias -> null).toString(true);
    }

    private interface Answer {
        String make() throws GeneralSecurityException, JOSEException;
    }

    private static void answer(HttpExchange exchange, Answer answer) throws IOException {
        int status = 200;
        String text;
        try {
            text = answer.make();
        } catch (GeneralSecurityException | JOSEException e) {
            e.printStackTrace();
            status = 500;
            text = "The issuer failed.\n";
        }
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, body.length);
        try (OutputStream response = exchange.getResponseBody()) {
            response.write(body);
        }
    }
}
