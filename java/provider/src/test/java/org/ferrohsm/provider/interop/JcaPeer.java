package org.ferrohsm.provider.interop;

import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.PSSParameterSpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.List;
import java.util.Set;
import javax.crypto.Cipher;
import javax.crypto.KeyAgreement;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/** JCA providers of others: the JDK's, or Bouncy Castle. */
final class JcaPeer implements Peer {
    private final String name;
    private final List<Provider> providers;
    private final Set<String> curves;

    JcaPeer(String name, Set<String> curves, List<Provider> providers) {
        this.name = name;
        this.curves = curves;
        this.providers = providers;
    }

    @Override
    public String toString() {
        return name;
    }

    /** Our names, as they call what they have under another one. */
    private static String theirs(String algorithm) {
        if (algorithm.endsWith("withRSA/PSS")) {
            return "RSASSA-PSS";
        }
        if (algorithm.startsWith("ChaCha20-Poly1305")) {
            return "ChaCha20-Poly1305";
        }
        return algorithm.startsWith("RSA/ECB/OAEPWith") ? "RSA/ECB/OAEPPadding" : algorithm;
    }

    private Provider of(String engine, String algorithm) {
        String theirs = theirs(algorithm);
        for (Provider provider : providers) {
            if (provider.getService(engine, theirs) != null) {
                return provider;
            }
        }
        if (engine.equals("Cipher")) {
            for (Provider provider : providers) {
                try {
                    Cipher.getInstance(theirs, provider);
                    return provider;
                } catch (GeneralSecurityException e) {
                    continue; // not this one
                }
            }
        }
        return null;
    }

    @Override
    public boolean has(String engine, String algorithm) {
        return of(engine, algorithm) != null;
    }

    @Override
    public boolean hasCurve(String curve) {
        return curves.contains(curve);
    }

    private Key own(Key key) throws GeneralSecurityException {
        if (key instanceof SecretKey) {
            return key;
        }
        KeyFactory factory = KeyFactory.getInstance(key.getAlgorithm(), of("KeyFactory", key.getAlgorithm()));
        return key instanceof PublicKey ? factory.generatePublic(new X509EncodedKeySpec(key.getEncoded()))
            : factory.generatePrivate(new PKCS8EncodedKeySpec(key.getEncoded()));
    }

    private Signature signature(String algorithm) throws GeneralSecurityException {
        Signature signature = Signature.getInstance(theirs(algorithm), of("Signature", algorithm));
        PSSParameterSpec pss = pss(algorithm);
        if (pss != null) {
            signature.setParameter(pss);
        }
        return signature;
    }

    /** The parameters that these tests use; null where there are none. */
    static PSSParameterSpec pss(String algorithm) throws GeneralSecurityException {
        if (algorithm.equals("RSASSA-PSS")) {
            return new PSSParameterSpec("SHA-384", "MGF1", MGF1ParameterSpec.SHA384, 17, 1);
        }
        if (!algorithm.endsWith("withRSA/PSS")) {
            return null;
        }
        String hash = algorithm.substring(0, algorithm.indexOf("with"));
        String jdk = hash.startsWith("SHA3") ? hash : "SHA-" + hash.substring(3);
        return new PSSParameterSpec(jdk, "MGF1", new MGF1ParameterSpec(jdk),
            MessageDigest.getInstance(jdk).getDigestLength(), 1);
    }

    @Override
    public byte[] sign(String algorithm, PrivateKey key, byte[] data) throws GeneralSecurityException {
        Signature signature = signature(algorithm);
        signature.initSign((PrivateKey) own(key));
        signature.update(data);
        return signature.sign();
    }

    @Override
    public boolean verify(String algorithm, PublicKey key, byte[] data, byte[] signed) throws GeneralSecurityException {
        Signature signature = signature(algorithm);
        signature.initVerify((PublicKey) own(key));
        signature.update(data);
        return signature.verify(signed);
    }

    private byte[] run(String transformation, int mode, Key key, AlgorithmParameterSpec parameters, byte[] data)
        throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance(theirs(transformation), of("Cipher", transformation));
        cipher.init(mode, own(key), parameters);
        return cipher.doFinal(data);
    }

    @Override
    public byte[] crypt(String transformation, boolean encrypt, SecretKey key, AlgorithmParameterSpec parameters,
        byte[] data) throws GeneralSecurityException {
        return run(transformation, encrypt ? Cipher.ENCRYPT_MODE : Cipher.DECRYPT_MODE, key, parameters, data);
    }

    @Override
    public byte[] encrypt(String transformation, PublicKey key, AlgorithmParameterSpec parameters, byte[] data)
        throws GeneralSecurityException {
        return run(transformation, Cipher.ENCRYPT_MODE, key, parameters, data);
    }

    @Override
    public byte[] decrypt(String transformation, PrivateKey key, AlgorithmParameterSpec parameters, byte[] data)
        throws GeneralSecurityException {
        return run(transformation, Cipher.DECRYPT_MODE, key, parameters, data);
    }

    @Override
    public byte[] wrap(String transformation, SecretKey wrapping, byte[] key) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance(theirs(transformation), of("Cipher", transformation));
        cipher.init(Cipher.WRAP_MODE, wrapping);
        return cipher.wrap(new SecretKeySpec(key, "AES"));
    }

    @Override
    public byte[] unwrap(String transformation, SecretKey wrapping, byte[] wrapped) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance(theirs(transformation), of("Cipher", transformation));
        cipher.init(Cipher.UNWRAP_MODE, wrapping);
        return cipher.unwrap(wrapped, "AES", Cipher.SECRET_KEY).getEncoded();
    }

    @Override
    public byte[] mac(String algorithm, SecretKey key, byte[] data) throws GeneralSecurityException {
        Mac mac = Mac.getInstance(algorithm, of("Mac", algorithm));
        mac.init(key);
        return mac.doFinal(data);
    }

    @Override
    public byte[] agree(String algorithm, PrivateKey key, PublicKey peer) throws GeneralSecurityException {
        KeyAgreement agreement = KeyAgreement.getInstance(algorithm, of("KeyAgreement", algorithm));
        agreement.init(own(key));
        agreement.doPhase(own(peer), true);
        return agreement.generateSecret();
    }

    @Override
    public byte[] digest(String algorithm, byte[] data) throws GeneralSecurityException {
        return MessageDigest.getInstance(algorithm, of("MessageDigest", algorithm)).digest(data);
    }
}
