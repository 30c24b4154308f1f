package org.ferrohsm.provider;

import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.Key;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.KeySpec;
import java.security.spec.X509EncodedKeySpec;

/** Makes Java keys of what the HSM says about them. */
final class Keys {
    private Keys() {
    }

    static PublicKey publicKey(KeyInfo info) throws GeneralSecurityException {
        return publicKey(info.keyType(), new X509EncodedKeySpec(info.publicKeyInfo()));
    }

    /** The JDK's own key where it has the algorithm. */
    static PublicKey publicKey(KeyType keyType, KeySpec spec) throws GeneralSecurityException {
        if (Jdk.has(keyType)) {
            return Jdk.keyFactory(keyType).generatePublic(spec);
        }
        if (spec instanceof X509EncodedKeySpec x509) {
            return MlPublicKey.of(x509.getEncoded(), keyType);
        }
        throw new InvalidKeySpecException("A public key for " + keyType.algorithm() + " is made of an X509EncodedKeySpec"
            + (spec == null ? "" : ", not of a " + spec.getClass().getName()));
    }

    static PrivateKey privateKey(HsmClient client, KeyInfo info) throws GeneralSecurityException {
        return switch (info.keyType()) {
            case RSA -> new FerroHsmRsaPrivateKey(client, info, (RSAPublicKey) publicKey(info));
            case EC -> new FerroHsmEcPrivateKey(client, info, (ECPublicKey) publicKey(info));
            case EC_EDWARDS -> new FerroHsmEdEcPrivateKey(client, info);
            case EC_MONTGOMERY -> new FerroHsmXecPrivateKey(client, info);
            case ML_DSA -> new FerroHsmMlDsaPrivateKey(client, info);
            case ML_KEM -> new FerroHsmMlKemPrivateKey(client, info);
            case AES, GENERIC_SECRET, DES3, CHACHA20, CERTIFICATE -> throw new InvalidKeyException("0x"
                + Long.toHexString(info.handle()) + " is no private key");
        };
    }

    static KeyPair keyPair(HsmClient client, KeyInfo info) throws GeneralSecurityException {
        return new KeyPair(hsmPublicKey(client, info), privateKey(client, info));
    }

    /** The public key of a pair in the HSM, where there is a class for it; else the JDK's own. */
    static PublicKey hsmPublicKey(HsmClient client, KeyInfo info) throws GeneralSecurityException {
        PublicKey key = publicKey(info);
        if (key instanceof RSAPublicKey rsa) {
            return new FerroHsmRsaPublicKey(client, info, rsa);
        }
        return key instanceof ECPublicKey ec ? new FerroHsmEcPublicKey(client, info, ec) : key;
    }

    /** The JDK's own form of a key, which its engines take without converting it. */
    static PublicKey jdkPublicKey(PublicKey key) {
        return key instanceof FerroHsmPublicKey ours ? ours.key() : key;
    }

    static FerroHsmSecretKey secretKey(HsmClient client, KeyInfo info) {
        return new FerroHsmSecretKey(client, info, info.keyType().algorithm());
    }

    /** The Java key of a private or secret key's description. */
    static Key key(HsmClient client, KeyInfo info) throws GeneralSecurityException {
        return switch (info.keyType()) {
            case RSA, EC, EC_EDWARDS, EC_MONTGOMERY, ML_DSA, ML_KEM -> privateKey(client, info);
            case AES, GENERIC_SECRET, DES3, CHACHA20 -> secretKey(client, info);
            case CERTIFICATE -> throw new InvalidKeyException("0x" + Long.toHexString(info.handle())
                + " is a certificate, not a key");
        };
    }

    /** SubjectPublicKeyInfo of a key that the caller brings. */
    static byte[] publicKeyInfo(PublicKey key) throws InvalidKeyException {
        byte[] encoded = key.getEncoded();
        if (encoded == null || !"X.509".equals(key.getFormat())) {
            throw new InvalidKeyException("The public key has no X.509 encoding: " + key.getClass().getName());
        }
        return encoded;
    }

    /** A failure, as the exception that most of JCA's calls with a key declare. */
    static InvalidKeyException invalidKey(GeneralSecurityException e) {
        return e instanceof InvalidKeyException same ? same : new InvalidKeyException(e.getMessage(), e);
    }

    /** Says why a key that is not one of the HSM's is refused. */
    static InvalidKeyException foreign(Key key, String wanted) {
        if (key == null) {
            return new InvalidKeyException("The key is null: FerroHSM needs " + wanted);
        }
        if (key instanceof FerroHsmKey) {
            return new InvalidKeyException("The key is of another type than the mechanism needs, which is " + wanted
                + ": " + key);
        }
        return new InvalidKeyException("This is no key of FerroHSM (" + key.getClass().getName() + ") but " + wanted
            + " is needed: generate it in the HSM, or import it through a KeyFactory or SecretKeyFactory of FerroHSM");
    }
}
