package example;

import com.amazonaws.cloudhsm.jce.jni.exception.AddAttributeException;
import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import com.amazonaws.cloudhsm.jce.provider.attributes.EcParams;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttribute;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMap;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMapBuilder;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyPairAttributesMap;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyPairAttributesMapBuilder;
import java.math.BigInteger;
import java.security.InvalidAlgorithmParameterException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.security.NoSuchProviderException;
import java.security.PrivateKey;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.InvalidKeySpecException;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;

/** Generates and imports keys the way programs for CloudHSM do. The methods declare what CloudHSM's callers declare. */
final class Keys {
    private Keys() {
    }

    static SecretKey aes(String label, int bits, KeyAttributesMap more) throws InvalidAlgorithmParameterException,
        NoSuchAlgorithmException, NoSuchProviderException, AddAttributeException {
        KeyAttributesMap attributes = new KeyAttributesMap();
        attributes.putAll(more);
        attributes.put(KeyAttribute.LABEL, label);
        attributes.put(KeyAttribute.SIZE, bits);
        KeyGenerator generator = KeyGenerator.getInstance("AES", CloudHsmProvider.PROVIDER_NAME);
        generator.init(attributes, null);
        return generator.generateKey();
    }

    static KeyPair ec(String label) throws InvalidAlgorithmParameterException, NoSuchAlgorithmException,
        NoSuchProviderException, AddAttributeException {
        byte[] curve = EcParams.EC_CURVE_PRIME256;
        return pair("EC", new KeyAttributesMapBuilder().put(KeyAttribute.LABEL, label + ":Public")
            .put(KeyAttribute.EC_PARAMS, curve).build(),
            new KeyAttributesMapBuilder().put(KeyAttribute.LABEL, label + ":Private").build());
    }

    static KeyPair rsa(String label, int bits) throws InvalidAlgorithmParameterException, NoSuchAlgorithmException,
        NoSuchProviderException, AddAttributeException {
        return pair("RSA", new KeyAttributesMapBuilder().put(KeyAttribute.LABEL, label + ":Public")
            .put(KeyAttribute.MODULUS_BITS, bits)
            .put(KeyAttribute.PUBLIC_EXPONENT, new BigInteger("65537").toByteArray()).build(),
            new KeyAttributesMapBuilder().put(KeyAttribute.LABEL, label + ":Private")
                .put(KeyAttribute.EXTRACTABLE, false).put(KeyAttribute.PRIVATE, true).build());
    }

    private static KeyPair pair(String algorithm, KeyAttributesMap forPublic, KeyAttributesMap forPrivate)
        throws InvalidAlgorithmParameterException, NoSuchAlgorithmException, NoSuchProviderException {
        KeyPairAttributesMap both =
            new KeyPairAttributesMapBuilder().withPublic(forPublic).withPrivate(forPrivate).build();
        KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm, CloudHsmProvider.PROVIDER_NAME);
        generator.initialize(algorithm.equals("RSA") ? both : new KeyPairAttributesMap(forPublic, forPrivate), null);
        return generator.generateKeyPair();
    }

    static SecretKey importAes(String label, byte[] bytes) throws AddAttributeException {
        KeyAttributesMap attributes = new KeyAttributesMapBuilder().put(KeyAttribute.VALUE, bytes)
            .put(KeyAttribute.LABEL, label).put(KeyAttribute.TOKEN, false).build();
        try {
            return SecretKeyFactory.getInstance("AES", CloudHsmProvider.PROVIDER_NAME).generateSecret(attributes);
        } catch (InvalidKeySpecException | NoSuchAlgorithmException | NoSuchProviderException e) {
            throw new IllegalStateException(e);
        }
    }

    static PrivateKey importRsa(String label, RSAPrivateCrtKey key) throws AddAttributeException,
        NoSuchAlgorithmException, NoSuchProviderException, InvalidKeySpecException {
        KeyAttributesMap attributes = new KeyAttributesMap();
        attributes.put(KeyAttribute.MODULUS, key.getModulus().toByteArray());
        attributes.put(KeyAttribute.PUBLIC_EXPONENT, key.getPublicExponent().toByteArray());
        attributes.put(KeyAttribute.PRIVATE_EXPONENT, key.getPrivateExponent().toByteArray());
        attributes.put(KeyAttribute.PRIME_P, key.getPrimeP().toByteArray());
        attributes.put(KeyAttribute.PRIME_Q, key.getPrimeQ().toByteArray());
        attributes.put(KeyAttribute.PRIME_EXPONENT_P, key.getPrimeExponentP().toByteArray());
        attributes.put(KeyAttribute.PRIME_EXPONENT_Q, key.getPrimeExponentQ().toByteArray());
        attributes.put(KeyAttribute.CRT_COEFFICIENT, key.getCrtCoefficient().toByteArray());
        attributes.put(KeyAttribute.LABEL, label);
        return KeyFactory.getInstance("RSA", CloudHsmProvider.PROVIDER_NAME).generatePrivate(attributes);
    }
}
