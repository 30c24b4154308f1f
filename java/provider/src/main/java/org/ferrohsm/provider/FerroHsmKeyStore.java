package org.ferrohsm.provider;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.System.Logger.Level;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.KeyStoreException;
import java.security.KeyStoreSpi;
import java.security.PrivateKey;
import java.security.ProviderException;
import java.security.UnrecoverableEntryException;
import java.security.UnrecoverableKeyException;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Date;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.crypto.SecretKey;
import javax.security.auth.callback.CallbackHandler;

/**
 * KeyStore type {@code FERROHSM}: the token keys and certificates of the user who is logged in, by label. Keys, chains
 * and labels live in the HSM; every change is durable there when the call returns, and {@code store} has nothing to do.
 *
 * <p>Passwords of entries are ignored: a login opens all of them. A key has one alias; setting it under a second one
 * renames it, and the {@code deleteEntry} of its old alias that keytool sends next does nothing. Thread-safe.
 */
final class FerroHsmKeyStore extends KeyStoreSpi {
    private static final System.Logger LOGGER = System.getLogger("org.ferrohsm.provider");

    private final FerroHsmProvider provider;
    /** Aliases whose key was given another one through this KeyStore, and that nothing was stored under since. */
    private final Set<String> movedAway = ConcurrentHashMap.newKeySet();
    /** Handles of objects that were reported as damaged. */
    private final Set<Long> reported = ConcurrentHashMap.newKeySet();
    private volatile FerroHsmKeyStoreEntries entries;
    private volatile byte[] configuration = new byte[0];

    FerroHsmKeyStore(FerroHsmProvider provider) {
        this.provider = provider;
    }

    /**
     * Logs in unless somebody is.
     *
     * @param stream a client configuration (TOML), whose relative paths are relative to the working directory; null, or
     *     one with nothing but comments, for the provider's own
     * @param password {@code user:password}; anything without a colon counts as none, and user and password come from
     *     where the provider has them
     */
    @Override
    public void engineLoad(InputStream stream, char[] password) throws IOException {
        byte[] text = stream == null ? new byte[0] : FerroHsmKeyStoreLogin.read(stream);
        HsmClient client = FerroHsmKeyStoreLogin.client(provider, text);
        FerroHsmKeyStoreLogin.logIn(client, password);
        use(client, text);
    }

    @Override
    public void engineLoad(KeyStore.LoadStoreParameter parameter) throws IOException {
        KeyStore.ProtectionParameter protection = parameter == null ? null : parameter.getProtectionParameter();
        if (protection instanceof KeyStore.CallbackHandlerProtection handlerProtection) {
            CallbackHandler handler = handlerProtection.getCallbackHandler();
            HsmClient client = FerroHsmKeyStoreLogin.client(provider, new byte[0]);
            FerroHsmKeyStoreLogin.logIn(client, handler);
            use(client, new byte[0]);
        } else if (protection instanceof KeyStore.PasswordProtection passwordProtection) {
            engineLoad(null, passwordProtection.getPassword());
        } else if (protection == null) {
            engineLoad(null, (char[]) null);
        } else {
            throw new IllegalArgumentException("A login needs PasswordProtection (user:password) or"
                + " CallbackHandlerProtection, not " + protection.getClass().getName());
        }
    }

    /** The client that it was loaded with; null before. */
    HsmClient client() {
        FerroHsmKeyStoreEntries loaded = entries;
        return loaded == null ? null : loaded.client();
    }

    private void use(HsmClient client, byte[] text) {
        movedAway.clear();
        reported.clear();
        configuration = text;
        entries = new FerroHsmKeyStoreEntries(client);
    }

    /** Does nothing to the HSM. keytool overwrites the file that it loaded with what comes here: the same again. */
    @Override
    public void engineStore(OutputStream stream, char[] password) throws IOException {
        if (stream != null) {
            stream.write(configuration);
        }
    }

    @Override
    public void engineStore(KeyStore.LoadStoreParameter parameter) {
        // Everything is in the HSM already.
    }

    @Override
    public Enumeration<String> engineAliases() {
        return Collections.enumeration(List.copyOf(entries.all().keySet()));
    }

    @Override
    public int engineSize() {
        return entries.all().size();
    }

    @Override
    public boolean engineContainsAlias(String alias) {
        return entries.find(alias) != null;
    }

    @Override
    public boolean engineIsKeyEntry(String alias) {
        KeyInfo info = entries.find(alias);
        return info != null && info.keyType() != KeyType.CERTIFICATE;
    }

    @Override
    public boolean engineIsCertificateEntry(String alias) {
        KeyInfo info = entries.find(alias);
        return info != null && info.keyType() == KeyType.CERTIFICATE;
    }

    /** A private key without a certificate is a {@code PrivateKeyEntry} too, though {@code getEntry} cannot make one. */
    @Override
    public boolean engineEntryInstanceOf(String alias, Class<? extends KeyStore.Entry> entryClass) {
        KeyInfo info = entries.find(alias);
        return info != null && entryClass == switch (info.keyType()) {
            case RSA, EC, EC_EDWARDS, EC_MONTGOMERY, ML_DSA, ML_KEM -> KeyStore.PrivateKeyEntry.class;
            case AES, GENERIC_SECRET, DES3, CHACHA20 -> KeyStore.SecretKeyEntry.class;
            case CERTIFICATE -> KeyStore.TrustedCertificateEntry.class;
        };
    }

    /** When the key was made or imported; null only if there is no such alias. */
    @Override
    public Date engineGetCreationDate(String alias) {
        KeyInfo info = entries.find(alias);
        return info == null ? null : new Date(info.createdMillis());
    }

    @Override
    public Key engineGetKey(String alias, char[] password) throws UnrecoverableKeyException {
        KeyInfo info = entries.find(alias);
        return info == null || info.keyType() == KeyType.CERTIFICATE ? null : key(alias, info);
    }

    @Override
    public Certificate engineGetCertificate(String alias) {
        Certificate[] chain = certificates(alias, entries.find(alias));
        return chain == null ? null : chain[0];
    }

    @Override
    public Certificate[] engineGetCertificateChain(String alias) {
        KeyInfo info = entries.find(alias);
        return info == null || info.keyType() == KeyType.CERTIFICATE ? null : certificates(alias, info);
    }

    @Override
    public String engineGetCertificateAlias(Certificate certificate) {
        byte[] wanted;
        try {
            wanted = certificate.getEncoded();
        } catch (CertificateException e) {
            return null; // no certificate here is without an encoding
        }
        for (Map.Entry<String, KeyInfo> entry : entries.all().entrySet()) {
            List<byte[]> chain = entry.getValue().certificateChain();
            if (!chain.isEmpty() && Arrays.equals(chain.get(0), wanted)) {
                return entry.getKey();
            }
        }
        return null;
    }

    @Override
    public KeyStore.Entry engineGetEntry(String alias, KeyStore.ProtectionParameter ignored)
        throws UnrecoverableEntryException {
        KeyInfo info = entries.find(alias);
        if (info == null) {
            return null;
        }
        try {
            return switch (info.keyType()) {
                case AES, GENERIC_SECRET, DES3, CHACHA20 -> new KeyStore.SecretKeyEntry((SecretKey) key(alias, info));
                case CERTIFICATE -> new KeyStore.TrustedCertificateEntry(parse(info)[0]);
                case RSA, EC, EC_EDWARDS, EC_MONTGOMERY, ML_DSA, ML_KEM -> {
                    if (info.certificateChain().isEmpty()) {
                        throw new UnrecoverableEntryException("The key \"" + alias + "\" has no certificate, which an entry"
                            + " needs: store one with setKeyEntry, or use getKey");
                    }
                    yield new KeyStore.PrivateKeyEntry((PrivateKey) key(alias, info), parse(info));
                }
            };
        } catch (CertificateException e) {
            UnrecoverableEntryException failed = new UnrecoverableEntryException("The certificate of \"" + alias
                + "\" cannot be read: " + e.getMessage());
            failed.initCause(e);
            throw failed;
        }
    }

    @Override
    public void engineSetEntry(String alias, KeyStore.Entry entry, KeyStore.ProtectionParameter ignored)
        throws KeyStoreException {
        if (entry instanceof KeyStore.PrivateKeyEntry privateEntry) {
            engineSetKeyEntry(alias, privateEntry.getPrivateKey(), null, privateEntry.getCertificateChain());
        } else if (entry instanceof KeyStore.SecretKeyEntry secretEntry) {
            engineSetKeyEntry(alias, secretEntry.getSecretKey(), null, null);
        } else if (entry instanceof KeyStore.TrustedCertificateEntry trusted) {
            engineSetCertificateEntry(alias, trusted.getTrustedCertificate());
        } else {
            throw new KeyStoreException("There is no place in the HSM for a "
                + (entry == null ? "null entry" : entry.getClass().getName()));
        }
    }

    /**
     * Makes one of the HSM's keys a token key with this alias and chain, in one step. Under the alias that it has
     * already only the chain changes.
     *
     * @param chain null to leave the chain as it is
     */
    @Override
    public void engineSetKeyEntry(String alias, Key key, char[] password, Certificate[] chain)
        throws KeyStoreException {
        change(() -> {
            KeyInfo holder = entries.findNow(alias);
            if (holder == null) {
                FerroHsmKeyStoreEntries.checkNew(alias);
            }
            if (key instanceof FerroHsmKey ours) {
                put(alias, holder, ours, encode(chain));
            } else {
                refuseTaken(alias, holder);
                FerroHsmKeyStoreImport.put(entries.client(), alias, key, encode(chain));
            }
            movedAway.remove(alias);
        });
    }

    private void put(String alias, KeyInfo holder, FerroHsmKey key, List<byte[]> chain)
        throws GeneralSecurityException {
        // A session key can only be changed by the login that made it, which may be another one than the KeyStore's.
        HsmClient client = key.client();
        HsmClient own = entries.client();
        if (!client.clusterId().equals(own.clusterId()) || !Objects.equals(client.user(), own.user())) {
            throw new KeyStoreException("This is a key of user " + client.user() + " on cluster " + client.clusterId()
                + ", and this KeyStore is that of user " + own.user() + " on cluster " + own.clusterId() + ": " + key);
        }
        long handle = key.getHandle();
        if (holder != null && holder.handle() == handle) {
            if (chain != null) {
                client.updateKey(handle, new Template(), chain, false);
            }
            return;
        }
        refuseTaken(alias, holder);
        KeyInfo before = client.getKey(handle);
        Set<String> oldAliases = before.isToken() ? entries.aliasesOf(before) : Set.of();
        client.updateKey(handle, new Template().text("label", alias).flag("token", true), chain, true);
        movedAway.addAll(oldAliases);
    }

    private static void refuseTaken(String alias, KeyInfo holder) throws KeyStoreException {
        if (holder != null) {
            throw new KeyStoreException("The alias \"" + alias + "\" belongs to another "
                + (holder.keyType() == KeyType.CERTIFICATE ? "certificate" : "key") + " (0x"
                + Long.toHexString(holder.handle()) + "): choose another alias, or delete that entry if it may be lost");
        }
    }

    @Override
    public void engineSetKeyEntry(String alias, byte[] key, Certificate[] chain) throws KeyStoreException {
        throw new KeyStoreException("A key that is encrypted outside the HSM cannot be stored: generate it in the HSM, or"
            + " unwrap it with one of its keys");
    }

    /** Stores a certificate of its own; one that has this alias already is replaced. */
    @Override
    public void engineSetCertificateEntry(String alias, Certificate certificate) throws KeyStoreException {
        change(() -> {
            KeyInfo holder = entries.findNow(alias);
            if (holder == null) {
                FerroHsmKeyStoreEntries.checkNew(alias);
            } else if (holder.keyType() != KeyType.CERTIFICATE) {
                refuseTaken(alias, holder);
            }
            byte[] encoded = encode(new Certificate[] {certificate}).get(0);
            if (holder == null || !Arrays.equals(holder.certificateChain().get(0), encoded)) {
                HsmClient client = entries.client();
                Template template = new Template().text("label", alias).flag("token", true);
                // The new one first: nothing is lost if the second step does not happen.
                client.importCertificate(encoded, template, holder == null);
                if (holder != null) {
                    client.deleteKey(holder.handle());
                }
            }
            movedAway.remove(alias);
        });
    }

    /** Destroys the key or certificate for good, unless its key was just given another alias: then nothing happens. */
    @Override
    public void engineDeleteEntry(String alias) throws KeyStoreException {
        change(() -> {
            if (alias == null || movedAway.remove(alias)) {
                return;
            }
            KeyInfo info = entries.findNow(alias);
            if (info != null) {
                entries.client().deleteKey(info.handle());
            }
        });
    }

    private interface Change {
        void run() throws GeneralSecurityException;
    }

    private void change(Change change) throws KeyStoreException {
        try {
            change.run();
        } catch (KeyStoreException e) {
            throw e;
        } catch (GeneralSecurityException | ProviderException e) {
            throw new KeyStoreException(e.getMessage(), e);
        } finally {
            entries.changed();
        }
    }

    private Key key(String alias, KeyInfo info) throws UnrecoverableKeyException {
        try {
            return Keys.key(entries.client(), info);
        } catch (GeneralSecurityException e) {
            UnrecoverableKeyException failed = new UnrecoverableKeyException("The key \"" + alias + "\" (0x"
                + Long.toHexString(info.handle()) + ") cannot be used by this Java: " + e.getMessage());
            failed.initCause(e);
            throw failed;
        }
    }

    /** The chain, or null where there is none or Java cannot read it, so that one such entry does not stop the rest. */
    private Certificate[] certificates(String alias, KeyInfo info) {
        if (info == null || info.certificateChain().isEmpty()) {
            return null;
        }
        try {
            return parse(info);
        } catch (CertificateException e) {
            if (reported.add(info.handle())) {
                LOGGER.log(Level.WARNING, "The certificates of \"" + alias + "\" cannot be read", e);
            }
            return null;
        }
    }

    private static Certificate[] parse(KeyInfo info) throws CertificateException {
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        List<Certificate> chain = new ArrayList<>();
        for (byte[] certificate : info.certificateChain()) {
            chain.add(factory.generateCertificate(new ByteArrayInputStream(certificate)));
        }
        return chain.toArray(new Certificate[0]);
    }

    private static List<byte[]> encode(Certificate[] chain) throws GeneralSecurityException {
        if (chain == null) {
            return null;
        }
        List<byte[]> encoded = new ArrayList<>();
        for (Certificate certificate : chain) {
            if (certificate == null || !"X.509".equals(certificate.getType())) {
                throw new KeyStoreException("The HSM stores X.509 certificates only, and one is "
                    + (certificate == null ? "null" : "of type " + certificate.getType()));
            }
            encoded.add(certificate.getEncoded());
        }
        return encoded;
    }
}
