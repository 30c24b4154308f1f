import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.Security;
import java.security.cert.CertificateFactory;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.ferrohsm.provider.FerroHsmProvider;

/** What client and server have in common: keys from the HSM, trust in one certificate authority. */
final class Tls {
    private Tls() {
    }

    static SSLContext context(String authority) throws Exception {
        Security.addProvider(new FerroHsmProvider());
        KeyStore hsm = KeyStore.getInstance("FERROHSM");
        hsm.load(null, null);
        // NewSunX509 looks at extended key usages, so a server and a client certificate may share one KeyStore, and it
        // finds a new certificate without a restart. The default, SunX509, does neither.
        KeyManagerFactory keys = KeyManagerFactory.getInstance("NewSunX509");
        keys.init(hsm, null);

        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        try (InputStream file = Files.newInputStream(Path.of(authority))) {
            trusted.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(file));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(trusted);

        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }
}
