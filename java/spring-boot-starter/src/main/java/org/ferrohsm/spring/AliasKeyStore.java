package org.ferrohsm.spring;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.KeyStoreSpi;
import java.security.cert.Certificate;
import java.util.Collections;
import java.util.Date;
import java.util.Enumeration;
import org.springframework.boot.ssl.SslBundleKey;

/**
 * A KeyStore with one entry of another, read once. A key manager made of it shows this key to servers and clients, as there is no
 * other to choose, and goes on with it whatever becomes of the alias: the JDK's PKIX asks its KeyStore at every handshake, and
 * knows aliases by other names. Read-only, thread-safe.
 */
final class AliasKeyStore extends KeyStoreSpi {
    private final String alias;
    private final KeyStore.PrivateKeyEntry entry;
    private final Date created;

    private AliasKeyStore(String alias, KeyStore.PrivateKeyEntry entry, Date created) {
        this.alias = alias;
        this.entry = entry;
        this.created = created;
    }

    /**
     * The entry as it is now, with its certificates.
     *
     * @throws IllegalStateException if there is none, with Boot's words for it, or it is no private key with a certificate
     */
    static KeyStore of(KeyStore store, String alias) {
        SslBundleKey.of(null, alias).assertContainsAlias(store);
        try {
            // Key and certificates at once, as another key may get the alias at any time.
            if (store.getEntry(alias, null) instanceof KeyStore.PrivateKeyEntry entry) {
                KeyStore one = new KeyStore(new AliasKeyStore(alias, entry, store.getCreationDate(alias)),
                    store.getProvider(), store.getType()) {
                };
                one.load(null, null);
                return one;
            }
            throw new IllegalStateException("Keystore does not contain a private key under the alias '" + alias + "'");
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("Keystore does not contain a private key with a certificate under the alias '"
                + alias + "': " + e.getMessage(), e);
        }
    }

    private static UnsupportedOperationException readOnly() {
        return new UnsupportedOperationException("This KeyStore is a copy, and not for changes");
    }

    @Override
    public void engineLoad(InputStream stream, char[] password) {
        // Everything is here already.
    }

    @Override
    public Enumeration<String> engineAliases() {
        return Collections.enumeration(Collections.singleton(alias));
    }

    @Override
    public int engineSize() {
        return 1;
    }

    @Override
    public boolean engineContainsAlias(String name) {
        return alias.equals(name);
    }

    @Override
    public boolean engineIsKeyEntry(String name) {
        return alias.equals(name);
    }

    @Override
    public boolean engineIsCertificateEntry(String name) {
        return false;
    }

    @Override
    public Key engineGetKey(String name, char[] password) {
        return alias.equals(name) ? entry.getPrivateKey() : null;
    }

    @Override
    public Certificate engineGetCertificate(String name) {
        return alias.equals(name) ? entry.getCertificate() : null;
    }

    @Override
    public Certificate[] engineGetCertificateChain(String name) {
        return alias.equals(name) ? entry.getCertificateChain() : null;
    }

    @Override
    public String engineGetCertificateAlias(Certificate certificate) {
        return entry.getCertificate().equals(certificate) ? alias : null;
    }

    @Override
    public Date engineGetCreationDate(String name) {
        return alias.equals(name) ? created : null;
    }

    @Override
    public void engineSetKeyEntry(String name, Key key, char[] password, Certificate[] chain) {
        throw readOnly();
    }

    @Override
    public void engineSetKeyEntry(String name, byte[] key, Certificate[] chain) {
        throw readOnly();
    }

    @Override
    public void engineSetCertificateEntry(String name, Certificate certificate) {
        throw readOnly();
    }

    @Override
    public void engineDeleteEntry(String name) {
        throw readOnly();
    }

    @Override
    public void engineStore(OutputStream stream, char[] password) {
        throw readOnly();
    }
}
