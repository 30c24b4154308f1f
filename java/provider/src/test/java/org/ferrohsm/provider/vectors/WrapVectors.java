package org.ferrohsm.provider.vectors;

import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.Key;
import java.security.Provider;
import java.util.Arrays;
import java.util.List;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import org.ferrohsm.provider.VectorKeys;

/** AES-KW and AES-KWP: what a vector wraps goes into the HSM as a generic secret. */
final class WrapVectors {
    private final Provider provider;
    private final Tally tally;

    WrapVectors(Provider provider, Tally tally) {
        this.provider = provider;
        this.tally = tally;
    }

    void wrap(VectorFile file) throws GeneralSecurityException {
        String mode = file.name().contains("kwp") ? "KWP" : "KW";
        for (VectorFile.Group group : file.groups()) {
            int bits = group.number("keySize");
            for (VectorFile.Vector vector : group.vectors()) {
                SecretKey wrapping = VectorKeys.secret(provider, "AES", vector.bytes("key"));
                for (String name : List.of("AES/" + mode + "/NoPadding", "AES_" + bits + '/' + mode + "/NoPadding")) {
                    wrap(name, bits, wrapping, file, vector);
                }
                VectorKeys.destroy(wrapping);
            }
        }
    }

    private void wrap(String name, int bits, SecretKey wrapping, VectorFile file, VectorFile.Vector vector)
        throws GeneralSecurityException {
        SecretKey unwrapped;
        try {
            Cipher unwrapper = Cipher.getInstance(name, provider);
            unwrapper.init(Cipher.UNWRAP_MODE, wrapping);
            unwrapped = (SecretKey) unwrapper.unwrap(vector.bytes("ct"), "GenericSecret", Cipher.SECRET_KEY);
        } catch (InvalidKeyException e) {
            tally.judge("Cipher", name, file, vector, false);
            return;
        }
        byte[] message = vector.bytes("msg");
        SecretKey imported = VectorKeys.secret(provider, "GenericSecret", message);
        boolean same = mac(imported, unwrapped);
        // The HSM lets no key out under a weaker one.
        if (Math.min(message.length * 8, 256) <= bits) {
            same &= Arrays.equals(vector.bytes("ct"), wrap(name, wrapping, imported));
        }
        if (!same) {
            tally.wrong(name + ", " + file.name() + " vector " + vector.id() + ": another key");
        }
        tally.judge("Cipher", name, file, vector, same);
        VectorKeys.destroy(imported);
        VectorKeys.destroy(unwrapped);
    }

    private byte[] wrap(String name, SecretKey wrapping, Key key) throws GeneralSecurityException {
        Cipher wrapper = Cipher.getInstance(name, provider);
        wrapper.init(Cipher.WRAP_MODE, wrapping);
        return wrapper.wrap(key);
    }

    /** Whether two secrets that cannot be seen make the same MAC. */
    private boolean mac(SecretKey first, SecretKey second) throws GeneralSecurityException {
        javax.crypto.Mac mac = javax.crypto.Mac.getInstance("HmacSHA256", provider);
        mac.init(first);
        byte[] tag = mac.doFinal();
        mac.init(second);
        return Arrays.equals(tag, mac.doFinal());
    }
}
