package org.ferrohsm.provider;

import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.Provider;
import java.security.ProviderException;
import java.security.Security;
import java.security.Signature;
import java.security.spec.AlgorithmParameterSpec;
import javax.crypto.Cipher;
import javax.crypto.KeyAgreement;
import javax.crypto.Mac;

/**
 * The JDK's own engines, always by provider name: what is asked for by algorithm alone might come back to this provider,
 * or to another one that was put first.
 */
final class Jdk {
    private Jdk() {
    }

    static MessageDigest digest(String name) {
        try {
            return MessageDigest.getInstance(name, "SUN");
        } catch (GeneralSecurityException e) {
            throw new ProviderException("The JDK has no " + name, e);
        }
    }

    /** Whether the JDK has key pairs of this type: ML-DSA and ML-KEM since 24. */
    static boolean has(KeyType type) {
        Provider provider = Security.getProvider(providerOf(type));
        return provider != null && provider.getService("KeyFactory", type.algorithm()) != null;
    }

    private static String providerOf(KeyType type) {
        return switch (type) {
            case RSA -> "SunRsaSign";
            case ML_DSA -> "SUN";
            case ML_KEM -> "SunJCE";
            default -> "SunEC";
        };
    }

    static KeyFactory keyFactory(KeyType type) throws GeneralSecurityException {
        return KeyFactory.getInstance(type.algorithm(), providerOf(type));
    }

    static Signature signature(String algorithm, KeyType type) throws GeneralSecurityException {
        if (algorithm.equals("NONEwithRSA")) {
            return Signature.getInstance(algorithm, "SunJCE"); // made from its cipher
        }
        return Signature.getInstance(algorithm, providerOf(type));
    }

    static Cipher cipher(String transformation) throws GeneralSecurityException {
        return Cipher.getInstance(transformation, "SunJCE");
    }

    static Mac mac(String algorithm) throws GeneralSecurityException {
        return Mac.getInstance(algorithm, "SunJCE");
    }

    static KeyAgreement keyAgreement(String algorithm) throws GeneralSecurityException {
        return KeyAgreement.getInstance(algorithm, "SunEC");
    }

    /** The JDK's parameters {@code algorithm}, with this content. */
    static AlgorithmParameters parameters(String algorithm, AlgorithmParameterSpec spec) {
        try {
            AlgorithmParameters parameters =
                AlgorithmParameters.getInstance(algorithm, algorithm.equals("RSASSA-PSS") ? "SunRsaSign" : "SunJCE");
            parameters.init(spec);
            return parameters;
        } catch (GeneralSecurityException e) {
            throw new ProviderException("The JDK has no parameters " + algorithm + " like these: " + e.getMessage(), e);
        }
    }
}
