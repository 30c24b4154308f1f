package org.ferrohsm.benchmarks;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Encrypts with AES-256-GCM. {@code getInstance} once per thread; {@code init} without parameters (the provider draws
 * the IV), {@code doFinal} and {@code getIV} for every message, since a message is useless without its IV.
 *
 * <p>Tokens get a key by explicit import ({@code SecretKeyFactory.translateKey}), so that SunJCE can decrypt what they
 * produced.
 */
final class EncryptWorkload implements Workload {
    private static final String TRANSFORMATION = "AES/GCM/NoPadding";

    private final Contender contender;
    private final int messageBytes;
    private final SecretKey plainKey;
    private final SecretKey key;

    EncryptWorkload(Contender contender, int messageBytes) throws GeneralSecurityException {
        this.contender = contender;
        this.messageBytes = messageBytes;
        byte[] keyBytes = new byte[32];
        new SecureRandom().nextBytes(keyBytes);
        this.plainKey = new SecretKeySpec(keyBytes, "AES");
        this.key = contender.isToken() ? contender.secretKeyFactory("AES").translateKey(plainKey) : plainKey;
    }

    @Override
    public Worker newWorker() throws GeneralSecurityException {
        Cipher cipher = contender.cipher(TRANSFORMATION);
        return new Worker() {
            private final byte[] message = new byte[messageBytes];
            private long count;
            private byte[] ciphertext;
            private byte[] iv;

            @Override
            public void perform() throws GeneralSecurityException {
                ByteBuffer.wrap(message).putLong(count++);
                byte[] previousIv = iv;
                cipher.init(Cipher.ENCRYPT_MODE, key);
                ciphertext = cipher.doFinal(message);
                iv = cipher.getIV();
                if (Arrays.equals(iv, previousIv)) {
                    throw new WrongResultException("the same IV twice");
                }
            }

            @Override
            public void verify() throws GeneralSecurityException {
                Cipher decryption = Cipher.getInstance(TRANSFORMATION, "SunJCE");
                decryption.init(Cipher.DECRYPT_MODE, plainKey, new GCMParameterSpec(128, iv));
                byte[] decrypted;
                try {
                    decrypted = decryption.doFinal(ciphertext);
                } catch (AEADBadTagException e) {
                    throw new WrongResultException("the JDK does not accept the ciphertext");
                }
                if (!Arrays.equals(message, decrypted)) {
                    throw new WrongResultException("the JDK decrypts to something else");
                }
            }
        };
    }
}
