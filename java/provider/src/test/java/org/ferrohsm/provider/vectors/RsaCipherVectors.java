package org.ferrohsm.provider.vectors;

import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.MGF1ParameterSpec;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import javax.crypto.BadPaddingException;
import javax.crypto.Cipher;
import javax.crypto.IllegalBlockSizeException;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;
import org.ferrohsm.provider.VectorKeys;

/** RSA decryption with OAEP, PKCS#1 v1.5 and none. */
final class RsaCipherVectors {
    private static final String PKCS1 = "RSA/ECB/PKCS1Padding";
    private static final String OAEP = "RSA/ECB/OAEPPadding";
    private static final String RAW = "RSA/ECB/NoPadding";

    private final Provider provider;
    private final Tally tally;

    RsaCipherVectors(Provider provider, Tally tally) {
        this.provider = provider;
        this.tally = tally;
    }

    private static String oaepName(String hash) {
        return "RSA/ECB/OAEPWith" + hash + "AndMGF1Padding";
    }

    void oaep(VectorFile file) throws GeneralSecurityException {
        Map<String, PrivateKey> keys = new HashMap<>(); // groups share them, and checking one takes the HSM a while
        for (VectorFile.Group group : file.groups()) {
            String hash = group.text("sha");
            String mgfHash = group.text("mgfSha");
            if (!tally.has("Cipher", oaepName(hash)) || !tally.has("Cipher", oaepName(mgfHash))) {
                continue; // a hash that we do not have
            }
            PrivateKey key = keys.get(group.text("privateKeyPkcs8"));
            if (key == null) {
                try {
                    key = VectorKeys.rsa(provider, group.bytes("privateKeyPkcs8"));
                } catch (InvalidKeySpecException e) {
                    String exponent = group.json().getAsJsonObject("privateKey").get("publicExponent").getAsString();
                    int bits = group.number("keySize");
                    if (bits >= 2048 && bits <= 4096 && bits % 256 == 0 && !exponent.equals("03")) {
                        throw e;
                    }
                    group.vectors().forEach(v -> tally.exclude("Cipher", OAEP, "key size or exponent"));
                    continue;
                }
                keys.put(group.text("privateKeyPkcs8"), key);
            }
            for (VectorFile.Vector vector : group.vectors()) {
                byte[] label = vector.bytes("label");
                OAEPParameterSpec spec = new OAEPParameterSpec(hash, "MGF1", new MGF1ParameterSpec(mgfHash),
                    new PSource.PSpecified(label));
                decrypt(OAEP, key, spec, file, vector);
                boolean usual = mgfHash.equals("SHA-1") && label.length == 0;
                decrypt(oaepName(hash), key, usual ? null : spec, file, vector);
            }
        }
        keys.values().forEach(VectorKeys::destroy);
    }

    private void decrypt(String name, PrivateKey key, OAEPParameterSpec spec, VectorFile file,
        VectorFile.Vector vector) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance(name, provider);
        cipher.init(Cipher.DECRYPT_MODE, key, spec);
        boolean accepted;
        try {
            accepted = Arrays.equals(vector.bytes("msg"), cipher.doFinal(vector.bytes("ct")));
            if (!accepted) {
                tally.wrong(name + ", " + file.name() + " vector " + vector.id() + ": another plaintext");
            }
        } catch (BadPaddingException | IllegalBlockSizeException e) {
            accepted = false;
        }
        tally.judge("Cipher", name, file, vector, accepted);
    }

    void pkcs1(VectorFile file) throws GeneralSecurityException {
        Map<String, PrivateKey> keys = new HashMap<>();
        for (VectorFile.Group group : file.groups()) {
            PrivateKey key = keys.get(group.text("privateKeyPkcs8"));
            if (key == null) {
                key = VectorKeys.rsa(provider, group.bytes("privateKeyPkcs8"));
                keys.put(group.text("privateKeyPkcs8"), key);
            }
            for (VectorFile.Vector vector : group.vectors()) {
                decrypt(PKCS1, key, null, file, vector);
                if (vector.isValid()) {
                    Cipher raw = Cipher.getInstance(RAW, provider);
                    raw.init(Cipher.DECRYPT_MODE, key);
                    tally.published("Cipher", RAW, file.name() + " vector " + vector.id() + ": no block of type 2",
                        isBlock(raw.doFinal(vector.bytes("ct")), vector.bytes("msg")));
                }
            }
        }
        keys.values().forEach(VectorKeys::destroy);
    }

    /** 00 02, at least eight bytes that are not 0, 00, the message (RFC 8017, 7.2.1). */
    private static boolean isBlock(byte[] block, byte[] message) {
        int zero = 2;
        while (zero < block.length && block[zero] != 0) {
            zero++;
        }
        return block[0] == 0 && block[1] == 2 && zero >= 10
            && Arrays.equals(message, Arrays.copyOfRange(block, zero + 1, block.length));
    }
}
