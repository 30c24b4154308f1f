package org.ferrohsm.provider;

import java.io.ByteArrayOutputStream;
import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.NoSuchAlgorithmException;
import java.security.NoSuchProviderException;
import java.security.ProviderException;
import java.security.spec.AlgorithmParameterSpec;
import java.util.ArrayList;
import java.util.List;
import javax.crypto.KDF;
import javax.crypto.KDFParameters;
import javax.crypto.KDFSpi;
import javax.crypto.SecretKey;
import javax.crypto.spec.HKDFParameterSpec;
import org.ferrohsm.provider.attributes.KeyAttribute;
import org.ferrohsm.provider.attributes.KeyAttributesMap;
import org.ferrohsm.provider.exception.AddAttributeException;
import org.ferrohsm.provider.exception.AttributeException;
import org.ferrohsm.provider.spec.HkdfParameterSpec;

/**
 * HKDF (RFC 5869) for {@code javax.crypto.KDF}: derives keys of the HSM from a generic secret of the HSM, by JDK 25's
 * specifications or by an {@link HkdfParameterSpec}, which has attributes too. Derived bytes do not come out. Other
 * providers' keys are refused, so that the JDK goes on to the next provider; TLS asks here for every secret if this
 * provider is the first.
 */
final class HsmKdf extends KDFSpi {
    private final ServiceContext context;

    private HsmKdf(ServiceContext context) throws InvalidAlgorithmParameterException {
        super(null);
        this.context = context;
    }

    static HsmKdf of(ServiceContext context) {
        try {
            return new HsmKdf(context);
        } catch (InvalidAlgorithmParameterException e) {
            throw new IllegalStateException("KDFSpi refuses to have no parameters", e);
        }
    }

    @Override
    protected KDFParameters engineGetParameters() {
        return null;
    }

    @Override
    protected SecretKey engineDeriveKey(String algorithm, AlgorithmParameterSpec spec)
        throws InvalidAlgorithmParameterException, NoSuchAlgorithmException {
        if (isForOthers(spec)) {
            return jdk().deriveKey(algorithm, spec);
        }
        try {
            return KeyDerivation.hkdf(spec instanceof HkdfParameterSpec own ? requireHash(own) : own(spec),
                KeyType.ofSecretKey(algorithm), algorithm);
        } catch (InvalidAlgorithmParameterException e) {
            throw e;
        } catch (GeneralSecurityException | AttributeException e) {
            throw new InvalidAlgorithmParameterException(e.getMessage(), e);
        }
    }

    @Override
    protected byte[] engineDeriveData(AlgorithmParameterSpec spec) throws InvalidAlgorithmParameterException {
        if (isForOthers(spec)) {
            return jdk().deriveData(spec);
        }
        throw new UnsupportedOperationException("What " + context.algorithm()
            + " derives from a key of the HSM stays there as a key: call deriveKey");
    }

    /**
     * Whether the JDK has to do it: no key of the HSM is there, and somebody asked for the provider's name or parameters
     * first, which binds the object to this provider for good.
     *
     * @throws InvalidAlgorithmParameterException without a key of the HSM, where the JDK goes on to the next provider or
     *     the caller named this one
     */
    private boolean isForOthers(AlgorithmParameterSpec spec) throws InvalidAlgorithmParameterException {
        List<SecretKey> keys = keys(spec);
        if (keys.stream().anyMatch(FerroHsmKey.class::isInstance)) {
            return false;
        }
        if (context.keyWasUnknown() && !SelectionGuard.providerIsBeingChosen()) {
            return true;
        }
        throw refused(Keys.foreign(keys.isEmpty() ? null : keys.get(0), "a generic secret in the HSM"));
    }

    private KDF jdk() {
        try {
            return KDF.getInstance(context.algorithm(), "SunJCE");
        } catch (NoSuchAlgorithmException | NoSuchProviderException e) {
            throw new ProviderException("The JDK has no " + context.algorithm(), e);
        }
    }

    /** All keys that go into a derivation. */
    private List<SecretKey> keys(AlgorithmParameterSpec spec) throws InvalidAlgorithmParameterException {
        if (spec instanceof HkdfParameterSpec own) {
            return List.of(own.getBaseKey());
        }
        if (spec instanceof HKDFParameterSpec.Expand expand) {
            return List.of(expand.prk());
        }
        List<SecretKey> keys = new ArrayList<>();
        if (spec instanceof HKDFParameterSpec.Extract extract) {
            keys.addAll(extract.ikms());
            keys.addAll(extract.salts());
        } else if (spec instanceof HKDFParameterSpec.ExtractThenExpand both) {
            keys.addAll(both.ikms());
            keys.addAll(both.salts());
        } else {
            throw new InvalidAlgorithmParameterException(context.algorithm()
                + " takes an HKDFParameterSpec or an HkdfParameterSpec, not a " + spec.getClass().getName());
        }
        return keys;
    }

    private String hmac() {
        return "Hmac" + context.algorithm().substring("HKDF-".length());
    }

    private HkdfParameterSpec requireHash(HkdfParameterSpec own) throws InvalidAlgorithmParameterException {
        if (!own.getHmac().equalsIgnoreCase(hmac())) {
            throw new InvalidAlgorithmParameterException(context.algorithm() + " is HKDF with " + hmac()
                + ", and the specification names " + own.getHmac());
        }
        return own;
    }

    private HkdfParameterSpec own(AlgorithmParameterSpec spec) throws GeneralSecurityException {
        if (spec instanceof HKDFParameterSpec.Extract extract) {
            return HkdfParameterSpec.ofExtract(hmac(), only(extract.ikms()), salt(extract.salts()),
                new KeyAttributesMap());
        }
        if (spec instanceof HKDFParameterSpec.Expand expand) {
            return HkdfParameterSpec.ofExpand(hmac(), expand.prk(), expand.info(), ofSize(expand.length()));
        }
        HKDFParameterSpec.ExtractThenExpand both = (HKDFParameterSpec.ExtractThenExpand) spec;
        return HkdfParameterSpec.ofExtractThenExpand(hmac(), only(both.ikms()), salt(both.salts()), both.info(),
            ofSize(both.length()));
    }

    /** The HSM derives from one key, and no bytes from outside are put before or behind it. */
    private SecretKey only(List<SecretKey> ikms) throws InvalidAlgorithmParameterException {
        if (ikms.size() != 1) {
            throw new InvalidAlgorithmParameterException(context.algorithm()
                + " in the HSM takes one key as its input key material, not " + ikms.size());
        }
        return ikms.get(0);
    }

    private byte[] salt(List<SecretKey> salts) throws InvalidAlgorithmParameterException {
        ByteArrayOutputStream salt = new ByteArrayOutputStream();
        for (SecretKey part : salts) {
            byte[] bytes = part.getEncoded();
            if (bytes == null) {
                throw new InvalidAlgorithmParameterException("The salt of " + context.algorithm()
                    + " goes to the HSM in clear, and this key has no encoding: " + part);
            }
            salt.writeBytes(bytes);
        }
        return salt.toByteArray();
    }

    private static KeyAttributesMap ofSize(int bytes) throws InvalidAlgorithmParameterException {
        try {
            KeyAttributesMap attributes = new KeyAttributesMap();
            attributes.put(KeyAttribute.SIZE, Math.multiplyExact(bytes, 8));
            return attributes;
        } catch (ArithmeticException | AddAttributeException e) {
            throw refused(e);
        }
    }

    private static InvalidAlgorithmParameterException refused(Exception cause) {
        return new InvalidAlgorithmParameterException(cause.getMessage(), cause);
    }
}
