package org.ferrohsm.provider;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Provider;
import java.util.List;
import javax.crypto.SecretKey;
import javax.security.auth.DestroyFailedException;
import javax.security.auth.Destroyable;

/** For tests of other packages: a provider, and session keys with attributes that plain JCA code cannot give. */
public final class VectorKeys {
    private VectorKeys() {
    }

    /** A provider on the shared HSM. */
    public static FerroHsmProvider provider() {
        return DevHsm.provider();
    }

    /** An HSM of its own that has triple DES; closing it ends it. */
    public static AutoCloseable legacyHsm() throws IOException {
        return DevHsm.start("non-fips", "--legacy-des3");
    }

    /** A provider on that HSM. */
    public static FerroHsmProvider provider(AutoCloseable hsm) {
        return new FerroHsmProvider(((DevHsm) hsm).config().toString());
    }

    /** One whose keys may be wrapped. */
    public static FerroHsmProvider extractable() {
        try {
            return new FerroHsmProvider(
                DevHsm.shared().configWith("extractable", null, "defaults = \"cloudhsm\"").toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A secret key that may be wrapped; keys of ciphers with a tag also take IVs of the caller's. */
    public static SecretKey secret(Provider provider, String algorithm, byte[] bytes) throws GeneralSecurityException {
        KeyType type = switch (algorithm) {
            case "AES" -> KeyType.AES;
            case "ChaCha20" -> KeyType.CHACHA20;
            case "DESede" -> KeyType.DES3;
            default -> KeyType.GENERIC_SECRET;
        };
        HsmClient client = ((FerroHsmProvider) provider).client();
        Template template = new Template().flag("extractable", true);
        if (type == KeyType.AES || type == KeyType.CHACHA20) {
            template.flag("allow-caller-iv", true);
        }
        KeyInfo info = client.importKey(type, bytes, template, new Template(), List.of(), false);
        return new FerroHsmSecretKey(client, info, algorithm);
    }

    /** An RSA key that may be used with every RSA mechanism. */
    public static PrivateKey rsa(Provider provider, byte[] pkcs8) throws GeneralSecurityException {
        HsmClient client = ((FerroHsmProvider) provider).client();
        int[] all = Tables.get().mechanisms().stream()
            .filter(mechanism -> mechanism.keyType() == KeyType.RSA && !mechanism.uses().contains("GENERATE"))
            .mapToInt(Tables.Mechanism::code).toArray();
        return Keys.privateKey(client, client.importKey(KeyType.RSA, pkcs8,
            new Template().mechanisms("allowed-mechanisms", all), new Template(), List.of(), false));
    }

    /** Deletes a session key. */
    public static void destroy(Destroyable key) {
        try {
            key.destroy();
        } catch (DestroyFailedException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }
}
