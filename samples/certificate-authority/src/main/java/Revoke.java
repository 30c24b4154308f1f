import java.io.InputStream;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Security;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import org.bouncycastle.asn1.x509.CRLNumber;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.cert.jcajce.JcaX509CRLConverter;
import org.bouncycastle.cert.jcajce.JcaX509CRLHolder;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v2CRLBuilder;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import java.security.cert.X509CRL;
import org.ferrohsm.provider.FerroHsmProvider;

/**
 * Writes the next certificate revocation list of an authority whose key is in the HSM: what the last one had, and more.
 *
 * <p>Usage: {@code Revoke AUTHORITY_ALIAS CRL [CERTIFICATE]...}. A CRL file that does not exist yet becomes the first.
 */
public final class Revoke {
    private Revoke() {
    }

    public static void main(String[] args) throws Exception {
        Security.addProvider(new FerroHsmProvider());
        KeyStore hsm = KeyStore.getInstance("FERROHSM");
        hsm.load(null, null);
        X509Certificate authority = (X509Certificate) hsm.getCertificate(args[0]);
        PrivateKey key = (PrivateKey) hsm.getKey(args[0], null);
        Path file = Path.of(args[1]);

        Instant now = Instant.now();
        JcaX509v2CRLBuilder list = new JcaX509v2CRLBuilder(authority, Date.from(now));
        list.setNextUpdate(Date.from(now.plus(Duration.ofDays(7))));
        CertificateFactory certificates = CertificateFactory.getInstance("X.509");
        BigInteger number = BigInteger.ONE;
        if (Files.exists(file)) {
            try (InputStream stream = Files.newInputStream(file)) {
                JcaX509CRLHolder last = new JcaX509CRLHolder((X509CRL) certificates.generateCRL(stream));
                list.addCRL(last);
                number = CRLNumber.getInstance(last.getExtension(Extension.cRLNumber).getParsedValue()).getCRLNumber()
                    .add(BigInteger.ONE);
            }
        }
        for (int i = 2; i < args.length; i++) {
            try (InputStream stream = Files.newInputStream(Path.of(args[i]))) {
                X509Certificate revoked = (X509Certificate) certificates.generateCertificate(stream);
                list.addCRLEntry(revoked.getSerialNumber(), Date.from(now), CRLReason.keyCompromise);
            }
        }
        list.addExtension(Extension.cRLNumber, false, new CRLNumber(number));
        list.addExtension(Extension.authorityKeyIdentifier, false,
            new JcaX509ExtensionUtils().createAuthorityKeyIdentifier(authority));

        // Bouncy Castle builds the list; the HSM signs it.
        ContentSigner signer = new JcaContentSignerBuilder("SHA384withECDSA").setProvider(hsm.getProvider()).build(key);
        X509CRL signed = new JcaX509CRLConverter().getCRL(list.build(signer));
        Files.write(file, signed.getEncoded());
        System.out.println("CRL number " + number + ": "
            + (signed.getRevokedCertificates() == null ? 0 : signed.getRevokedCertificates().size()) + " revoked");
    }
}
