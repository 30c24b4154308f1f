import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;

/**
 * AES-GCM as both layers use it: by the HSM with a key-encryption key, by this JVM with a data key. The JCA chooses by the key.
 *
 * <p>The context is authenticated with the text, so that what was sealed for one place does not open in another.
 */
final class Envelope {
    private static final int IV_BYTES = 12;
    private static final int TAG_BITS = 128;

    private Envelope() {
    }

    /** IV, ciphertext and tag. The IV is the HSM's, or the JDK's random one: 2^32 texts for one data key are the limit. */
    static byte[] seal(Key key, byte[] text, String context) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(Cipher.ENCRYPT_MODE, key);
        cipher.updateAAD(context.getBytes(StandardCharsets.UTF_8));
        byte[] ciphertext = cipher.doFinal(text);
        byte[] iv = cipher.getIV();
        byte[] sealed = Arrays.copyOf(iv, iv.length + ciphertext.length);
        System.arraycopy(ciphertext, 0, sealed, iv.length, ciphertext.length);
        return sealed;
    }

    /** Throws an {@code AEADBadTagException} if it was not sealed with this key and context, or was changed. */
    static byte[] open(Key key, byte[] sealed, String context) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(Cipher.DECRYPT_MODE, key, new GCMParameterSpec(TAG_BITS, sealed, 0, IV_BYTES));
        cipher.updateAAD(context.getBytes(StandardCharsets.UTF_8));
        return cipher.doFinal(sealed, IV_BYTES, sealed.length - IV_BYTES);
    }
}
