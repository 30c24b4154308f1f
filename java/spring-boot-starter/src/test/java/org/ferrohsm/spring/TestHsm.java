package org.ferrohsm.spring;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Date;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.ferrohsm.junit.FerroHsmServer;

/** A throwaway HSM, and an authority in software that certifies its keys. */
final class TestHsm implements AutoCloseable {
    private static TestHsm shared;

    private final FerroHsmServer server = FerroHsmServer.start();
    private final KeyStore store = server.keyStore();
    private final KeyPair authority;
    private final X509Certificate root;

    TestHsm() throws Exception {
        KeyPairGenerator software = KeyPairGenerator.getInstance("EC", "SunEC");
        software.initialize(256);
        authority = software.generateKeyPair();
        root = certificate("Test CA", authority.getPublic(), true);
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("root", root);
        try (var out = Files.newOutputStream(trust())) {
            trusted.store(out, "changeit".toCharArray());
        }
    }

    /** One for all tests of this JVM, with which it ends. */
    static synchronized TestHsm shared() throws Exception {
        if (shared == null) {
            shared = new TestHsm();
        }
        return shared;
    }

    /** The client configuration. */
    Path config() {
        return server.config();
    }

    /** A copy of it beside it, with other text in it. */
    Path configWith(String name, String regex, String replacement) throws IOException {
        Path copy = config().resolveSibling(name + ".toml");
        Files.copy(config(), copy, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.COPY_ATTRIBUTES);
        Files.writeString(copy, Files.readString(config()).replaceAll(regex, replacement));
        return copy;
    }

    /** A PKCS#12 file with the authority's certificate, password {@code changeit}. */
    Path trust() {
        return config().resolveSibling("trust.p12");
    }

    /** The password of the configuration's user. */
    String password() throws IOException {
        return Files.readString(config()).replaceAll("(?s).*\\npassword = \"([^\"]*)\".*", "$1");
    }

    /** For its faults. */
    FerroHsmServer server() {
        return server;
    }

    X509Certificate root() {
        return root;
    }

    KeyStore store() {
        return store;
    }

    /** Makes a key in the HSM with a certificate for localhost of that name. */
    X509Certificate key(String alias, String algorithm, String commonName) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm, store.getProvider());
        generator.initialize(algorithm.equals("EC") ? 256 : 2048);
        KeyPair pair = generator.generateKeyPair();
        X509Certificate certificate = certificate(commonName, pair.getPublic(), false);
        store.setKeyEntry(alias, pair.getPrivate(), null, new Certificate[] {certificate, root});
        return certificate;
    }

    /** Gives a key another certificate, of another name. */
    X509Certificate renew(String alias, String commonName) throws Exception {
        X509Certificate certificate = certificate(commonName, store.getCertificate(alias).getPublicKey(), false);
        store.setKeyEntry(alias, store.getKey(alias, null), null, new Certificate[] {certificate, root});
        return certificate;
    }

    /** Gives a key another alias. */
    void rename(String alias, String to) throws Exception {
        store.setKeyEntry(to, store.getKey(alias, null), null, store.getCertificateChain(alias));
    }

    X509Certificate certificate(String commonName, PublicKey key, boolean isAuthority) throws Exception {
        Instant now = Instant.now();
        var builder = new JcaX509v3CertificateBuilder(new X500Name("CN=Test CA"), new BigInteger(64, new SecureRandom()),
            Date.from(now.minus(1, ChronoUnit.HOURS)), Date.from(now.plus(1, ChronoUnit.DAYS)),
            new X500Name("CN=" + commonName), key);
        if (isAuthority) {
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
        } else {
            builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(new GeneralName[] {
                new GeneralName(GeneralName.dNSName, "localhost"), new GeneralName(GeneralName.iPAddress, "127.0.0.1")}));
        }
        return new JcaX509CertificateConverter().getCertificate(
            builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(authority.getPrivate())));
    }

    @Override
    public void close() {
        server.close();
    }
}
