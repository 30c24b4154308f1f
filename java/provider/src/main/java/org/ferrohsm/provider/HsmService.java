package org.ferrohsm.provider;

import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidParameterException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.Provider;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * A service of the mechanisms table. Where a key decides, it lists our key classes as the supported ones, so that the JDK
 * goes on to other providers with any other key.
 */
final class HsmService extends Provider.Service {
    private static final Set<String> CHOSEN_BY_KEY = Set.of("Signature", "Cipher", "Mac", "KeyAgreement", "KDF");

    /** What does the work: its class, and how to make one. */
    private record Spi(Class<?> type, Function<ServiceContext, Object> factory) {
    }

    private final FerroHsmProvider provider;
    private final Tables.Mechanism mechanism;
    private final Spi spi;

    HsmService(FerroHsmProvider provider, Tables.Mechanism mechanism, Tables.Service service) {
        this(provider, mechanism, service, spi(service.engine(), mechanism));
    }

    private HsmService(FerroHsmProvider provider, Tables.Mechanism mechanism, Tables.Service service, Spi spi) {
        super(provider, service.engine(), service.name(), spi.type().getName(), service.aliases(),
            attributes(service.engine(), mechanism.keyType()));
        this.provider = provider;
        this.mechanism = mechanism;
        this.spi = spi;
    }

    private static Map<String, String> attributes(String engine, KeyType keyType) {
        if (!CHOSEN_BY_KEY.contains(engine)) {
            return Map.of();
        }
        return Map.of("SupportedKeyClasses", keyType.keyClass().getName());
    }

    private static Spi spi(String engine, Tables.Mechanism mechanism) {
        return switch (engine) {
            case "KeyPairGenerator" -> switch (mechanism.keyType()) {
                case RSA -> new Spi(HsmKeyPairGenerator.Rsa.class, HsmKeyPairGenerator.Rsa::new);
                case EC -> new Spi(HsmKeyPairGenerator.Ec.class, HsmKeyPairGenerator.Ec::new);
                default -> new Spi(HsmKeyPairGenerator.Named.class, HsmKeyPairGenerator.Named::new);
            };
            case "KeyGenerator" -> new Spi(HsmKeyGenerator.class,
                context -> new HsmKeyGenerator(context, defaultSecretBits(context)));
            case "KeyFactory" -> new Spi(HsmKeyFactory.class, HsmKeyFactory::new);
            case "SecretKeyFactory" -> mechanism.parameters().equals("PBKDF2")
                ? new Spi(Pbkdf2KeyFactory.class, Pbkdf2KeyFactory::new)
                : new Spi(HsmSecretKeyFactory.class, HsmSecretKeyFactory::new);
            case "Signature" -> signature(mechanism);
            case "Cipher" -> cipher(mechanism);
            case "Mac" -> new Spi(HsmMac.class, context -> new HsmMac(context, macBytes(context)));
            case "KeyAgreement" -> mechanism.parameters().equals("X963")
                ? new Spi(X963KeyAgreement.class, X963KeyAgreement::new)
                : new Spi(EcdhKeyAgreement.class, EcdhKeyAgreement::new);
            case "KEM", "KDF" -> new Spi(NewerEngines.spiClass(engine),
                context -> NewerEngines.newInstance(context, engine));
            case "SecureRandom" -> new Spi(HsmSecureRandom.class, HsmSecureRandom::new);
            case "MessageDigest" -> new Spi(MessageDigest.class, context -> Jdk.digest(context.algorithm()));
            default -> throw new IllegalStateException("The mechanisms table names an unknown engine: " + engine);
        };
    }

    private static Spi signature(Tables.Mechanism mechanism) {
        return switch (mechanism.keyType()) {
            case EC -> new Spi(EcdsaSignature.class, EcdsaSignature::new);
            case EC_EDWARDS -> new Spi(EdDsaSignature.class, EdDsaSignature::new);
            case ML_DSA -> new Spi(MlDsaSignature.class, MlDsaSignature::new);
            default -> mechanism.parameters().equals("PSS") ? new Spi(PssSignature.class, PssSignature::new)
                : new Spi(HsmSignature.class, HsmSignature::new);
        };
    }

    private static Spi cipher(Tables.Mechanism mechanism) {
        if (mechanism.keyType() == KeyType.RSA) {
            return new Spi(RsaCipher.class, RsaCipher::new);
        }
        if (Set.of("GCM", "NONCE").contains(mechanism.parameters())) {
            return new Spi(AeadCipher.class, AeadCipher::new);
        }
        return mechanism.uses().contains("ENCRYPT") ? new Spi(AesCipher.class, AesCipher::new)
            : new Spi(AesKeyWrapCipher.class, AesKeyWrapCipher::new);
    }

    @Override
    public Object newInstance(Object constructorParameter) throws NoSuchAlgorithmException {
        if (constructorParameter != null) {
            String message = getType() + ' ' + getAlgorithm() + " of the HSM takes no parameters";
            if (getType().equals("KDF")) {
                // What the JDK goes on after, and unwraps where the provider was named.
                throw new NoSuchAlgorithmException(message, new InvalidAlgorithmParameterException(message));
            }
            throw new InvalidParameterException(message);
        }
        // As the last provider this one is never chosen for a key of others, so the stack need not be looked at.
        boolean keyIsUnknown =
            provider.standsBeforeOthers() && CHOSEN_BY_KEY.contains(getType()) && SelectionGuard.keyIsUnknown();
        return spi.factory().apply(new ServiceContext(provider, mechanism, getAlgorithm(), keyIsUnknown));
    }

    /** A key for an HMAC has the size of its hash; any other secret 256 bits, as has AES. */
    private static int defaultSecretBits(ServiceContext context) {
        return isHmac(context) ? hmacBits(context) : context.keyType() == KeyType.DES3 ? 168 : 256;
    }

    /** An HMAC is as long as its hash, a CMAC as long as a block of AES. */
    private static int macBytes(ServiceContext context) {
        return isHmac(context) ? hmacBits(context) / 8 : CipherModes.AES_BLOCK_BYTES;
    }

    private static boolean isHmac(ServiceContext context) {
        return context.algorithm().startsWith("HmacSHA");
    }

    private static int hmacBits(ServiceContext context) {
        // HmacSHA1, HmacSHA256, HmacSHA512/256, HmacSHA3-256
        String[] numbers = context.algorithm().substring("HmacSHA".length()).split("[/-]");
        int bits = Integer.parseInt(numbers[numbers.length - 1]);
        return bits == 1 ? 160 : bits;
    }
}
