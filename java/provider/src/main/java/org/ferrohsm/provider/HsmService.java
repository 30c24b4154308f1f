package org.ferrohsm.provider;

import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidParameterException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.Provider;
import java.security.SecureRandomSpi;
import java.util.Map;
import java.util.Set;

/**
 * A service of the mechanisms table. Where a key decides, it lists our key classes as the supported ones, so that the JDK
 * goes on to other providers with any other key.
 */
final class HsmService extends Provider.Service {
    private static final Set<String> CHOSEN_BY_KEY = Set.of("Signature", "Cipher", "Mac", "KeyAgreement", "KDF");

    private final FerroHsmProvider provider;
    private final Tables.Mechanism mechanism;

    HsmService(FerroHsmProvider provider, Tables.Mechanism mechanism, Tables.Service service) {
        super(provider, service.engine(), service.name(), spiClass(service, mechanism).getName(),
            service.aliases(), attributes(service.engine(), mechanism.keyType()));
        this.provider = provider;
        this.mechanism = mechanism;
    }

    private static Map<String, String> attributes(String engine, KeyType keyType) {
        if (!CHOSEN_BY_KEY.contains(engine)) {
            return Map.of();
        }
        return Map.of("SupportedKeyClasses", keyType.keyClass().getName());
    }

    private static Class<?> spiClass(Tables.Service service, Tables.Mechanism mechanism) {
        return switch (service.engine()) {
            case "KeyPairGenerator" -> switch (mechanism.keyType()) {
                case RSA -> HsmKeyPairGenerator.Rsa.class;
                case EC -> HsmKeyPairGenerator.Ec.class;
                default -> HsmKeyPairGenerator.Named.class;
            };
            case "KeyGenerator" -> HsmKeyGenerator.class;
            case "KeyFactory" -> HsmKeyFactory.class;
            case "SecretKeyFactory" -> mechanism.parameters().equals("PBKDF2") ? Pbkdf2KeyFactory.class
                : HsmSecretKeyFactory.class;
            case "Signature" -> signatureClass(mechanism);
            case "Cipher" -> cipherClass(mechanism);
            case "Mac" -> HsmMac.class;
            case "KeyAgreement" -> mechanism.parameters().equals("X963") ? X963KeyAgreement.class
                : EcdhKeyAgreement.class;
            case "KEM", "KDF" -> NewerEngines.spiClass(service.engine());
            case "SecureRandom" -> HsmSecureRandom.class;
            case "MessageDigest" -> MessageDigest.class;
            default -> throw new IllegalStateException("The mechanisms table names an unknown engine: "
                + service.engine());
        };
    }

    private static Class<?> signatureClass(Tables.Mechanism mechanism) {
        return switch (mechanism.keyType()) {
            case EC -> EcdsaSignature.class;
            case EC_EDWARDS -> EdDsaSignature.class;
            case ML_DSA -> MlDsaSignature.class;
            default -> mechanism.parameters().equals("PSS") ? PssSignature.class : HsmSignature.class;
        };
    }

    private static Class<?> cipherClass(Tables.Mechanism mechanism) {
        if (mechanism.keyType() == KeyType.RSA) {
            return RsaCipher.class;
        }
        if (Set.of("GCM", "NONCE").contains(mechanism.parameters())) {
            return AeadCipher.class;
        }
        return mechanism.uses().contains("ENCRYPT") ? AesCipher.class : AesKeyWrapCipher.class;
    }

    @Override
    public Object newInstance(Object constructorParameter) throws NoSuchAlgorithmException {
        if (constructorParameter != null && !getType().equals("SecureRandom")) {
            String message = getType() + ' ' + getAlgorithm() + " takes no constructor parameter";
            if (getType().equals("KDF")) {
                // What the JDK goes on after, and unwraps where the provider was named.
                throw new NoSuchAlgorithmException(message, new InvalidAlgorithmParameterException(message));
            }
            throw new InvalidParameterException(message);
        }
        // As the last provider this one is never chosen for a key of others, so the stack need not be looked at.
        boolean keyIsUnknown =
            provider.standsBeforeOthers() && CHOSEN_BY_KEY.contains(getType()) && SelectionGuard.keyIsUnknown();
        ServiceContext context = new ServiceContext(provider, mechanism, getAlgorithm(), keyIsUnknown);
        return switch (getType()) {
            case "KeyPairGenerator" -> switch (mechanism.keyType()) {
                case RSA -> new HsmKeyPairGenerator.Rsa(context);
                case EC -> new HsmKeyPairGenerator.Ec(context);
                default -> new HsmKeyPairGenerator.Named(context);
            };
            case "KeyGenerator" -> new HsmKeyGenerator(context, defaultSecretBits());
            case "KeyFactory" -> new HsmKeyFactory(context);
            case "SecretKeyFactory" -> mechanism.parameters().equals("PBKDF2") ? new Pbkdf2KeyFactory(context)
                : new HsmSecretKeyFactory(context);
            case "Signature" -> signature(context);
            case "Cipher" -> cipher(context);
            case "Mac" -> new HsmMac(context, macBytes());
            case "KeyAgreement" -> mechanism.parameters().equals("X963") ? new X963KeyAgreement(context)
                : new EcdhKeyAgreement(context);
            case "KEM", "KDF" -> NewerEngines.newInstance(context, getType());
            case "SecureRandom" -> secureRandom(context, constructorParameter);
            case "MessageDigest" -> Jdk.digest(getAlgorithm());
            default -> throw new NoSuchAlgorithmException("FerroHSM has no " + getType());
        };
    }

    private static SecureRandomSpi secureRandom(ServiceContext context, Object parameter) {
        if (parameter != null) {
            throw new InvalidParameterException(context.algorithm() + " of the HSM takes no parameters");
        }
        return new HsmSecureRandom(context);
    }

    private Object signature(ServiceContext context) {
        return switch (mechanism.keyType()) {
            case EC -> new EcdsaSignature(context);
            case EC_EDWARDS -> new EdDsaSignature(context);
            case ML_DSA -> new MlDsaSignature(context);
            default -> mechanism.parameters().equals("PSS") ? new PssSignature(context) : new HsmSignature(context);
        };
    }

    private Object cipher(ServiceContext context) {
        Class<?> type = cipherClass(mechanism);
        if (type == RsaCipher.class) {
            return new RsaCipher(context);
        }
        if (type == AeadCipher.class) {
            return new AeadCipher(context);
        }
        return type == AesCipher.class ? new AesCipher(context) : new AesKeyWrapCipher(context);
    }

    /** A key for an HMAC has the size of its hash; any other secret 256 bits, as has AES. */
    private int defaultSecretBits() {
        return getAlgorithm().startsWith("HmacSHA") ? hmacBits() : mechanism.keyType() == KeyType.DES3 ? 168 : 256;
    }

    /** An HMAC is as long as its hash, a CMAC as long as a block of AES. */
    private int macBytes() {
        return getAlgorithm().startsWith("HmacSHA") ? hmacBits() / 8 : 16;
    }

    private int hmacBits() {
        // HmacSHA1, HmacSHA256, HmacSHA512/256, HmacSHA3-256
        String[] numbers = getAlgorithm().substring("HmacSHA".length()).split("[/-]");
        int bits = Integer.parseInt(numbers[numbers.length - 1]);
        return bits == 1 ? 160 : bits;
    }
}
