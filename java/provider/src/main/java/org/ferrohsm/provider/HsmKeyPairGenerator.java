package org.ferrohsm.provider;

import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidParameterException;
import java.security.KeyPair;
import java.security.KeyPairGeneratorSpi;
import java.security.ProviderException;
import java.security.SecureRandom;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.NamedParameterSpec;
import java.security.spec.RSAKeyGenParameterSpec;
import org.ferrohsm.provider.attributes.KeyPairAttributesMap;

/**
 * Makes key pairs inside the HSM: session keys that are not extractable, unless a {@link KeyPairAttributesMap} or the
 * configuration's {@code defaults} say otherwise. The {@code SecureRandom} that JCA passes is not used: the HSM draws its own.
 */
abstract class HsmKeyPairGenerator extends KeyPairGeneratorSpi {
    private final ServiceContext context;
    private PairAttributes attributes = PairAttributes.NONE;

    HsmKeyPairGenerator(ServiceContext context) {
        this.context = context;
    }

    /** The attributes for the next pairs. */
    final void take(PairAttributes given) {
        attributes = given;
    }

    /** Back to the defaults, as every initialization says all there is to say. */
    final void takeDefaults() {
        take(PairAttributes.NONE);
    }

    abstract int sizeBits();

    abstract Curve curve();

    @Override
    public KeyPair generateKeyPair() {
        HsmClient client = context.client();
        try {
            return Keys.keyPair(client, client.generateKeyPair(context.keyType(), sizeBits(), curve(),
                attributes.privateKey(), attributes.publicKey()));
        } catch (GeneralSecurityException e) {
            throw new ProviderException(e.getMessage(), e);
        }
    }

    /** RSA of 2048 to 4096 bits in steps of 256 (default 3072), public exponent 65537. */
    static final class Rsa extends HsmKeyPairGenerator {
        private int sizeBits = 3072;

        Rsa(ServiceContext context) {
            super(context);
        }

        @Override
        public void initialize(int bits, SecureRandom random) {
            if (bits < 2048 || bits > 4096 || bits % 256 != 0) {
                throw new InvalidParameterException("RSA keys in the HSM have 2048 to 4096 bits, in steps of 256, not "
                    + bits);
            }
            sizeBits = bits;
            takeDefaults();
        }

        @Override
        public void initialize(AlgorithmParameterSpec spec, SecureRandom random)
            throws InvalidAlgorithmParameterException {
            if (spec instanceof KeyPairAttributesMap given) {
                PairAttributes pair = PairAttributes.of(given, KeyType.RSA);
                initializeSize(pair.sizeBits() == null ? sizeBits : pair.sizeBits(), random);
                take(pair);
                return;
            }
            if (!(spec instanceof RSAKeyGenParameterSpec rsa)) {
                throw new InvalidAlgorithmParameterException("RSA takes an RSAKeyGenParameterSpec"
                    + (spec == null ? "" : ", not a " + spec.getClass().getName()));
            }
            if (!RSAKeyGenParameterSpec.F4.equals(rsa.getPublicExponent())) {
                throw new InvalidAlgorithmParameterException("The HSM makes RSA keys with the public exponent 65537"
                    + " only, not " + rsa.getPublicExponent());
            }
            initializeSize(rsa.getKeysize(), random);
        }

        private void initializeSize(int bits, SecureRandom random) throws InvalidAlgorithmParameterException {
            try {
                initialize(bits, random);
            } catch (InvalidParameterException e) {
                throw new InvalidAlgorithmParameterException(e.getMessage(), e);
            }
        }

        @Override
        int sizeBits() {
            return sizeBits;
        }

        @Override
        Curve curve() {
            return null;
        }
    }

    /** Keys whose type has named parameter sets; the service's own name says which is the default. */
    static final class Named extends HsmKeyPairGenerator {
        private final KeyType keyType;
        private final String algorithm;
        private ParameterSet set;

        Named(ServiceContext context) {
            super(context);
            keyType = context.keyType();
            algorithm = context.algorithm();
            set = ParameterSet.ofName(algorithm, keyType);
        }

        @Override
        public void initialize(int bits, SecureRandom random) {
            if (set.curve() == null || bits != set.sizeBits()) {
                throw new InvalidParameterException(algorithm + " keys are made by name, not by a size of " + bits
                    + " bits: NamedParameterSpec, or nothing at all");
            }
            takeDefaults();
        }

        @Override
        public void initialize(AlgorithmParameterSpec spec, SecureRandom random)
            throws InvalidAlgorithmParameterException {
            if (spec instanceof KeyPairAttributesMap given) {
                PairAttributes pair = PairAttributes.of(given, keyType);
                if (pair.curve() != null && pair.curve() != set.curve()) {
                    throw new InvalidAlgorithmParameterException(algorithm + " keys are not on "
                        + pair.curve().standardName());
                }
                choose(pair.sizeBits() == null ? set : ParameterSet.ofNumber(pair.sizeBits(), keyType),
                    "set " + pair.sizeBits());
                take(pair);
                return;
            }
            if (!(spec instanceof NamedParameterSpec named)) {
                throw new InvalidAlgorithmParameterException(algorithm + " takes a NamedParameterSpec"
                    + (spec == null ? "" : ", not a " + spec.getClass().getName()));
            }
            choose(ParameterSet.ofName(named.getName(), keyType), named.getName());
            takeDefaults();
        }

        private void choose(ParameterSet wanted, String name) throws InvalidAlgorithmParameterException {
            if (wanted == null || ParameterSet.isExact(algorithm) && wanted != set) {
                throw new InvalidAlgorithmParameterException("A KeyPairGenerator for " + algorithm + " makes no keys of "
                    + name + ": " + (ParameterSet.isExact(algorithm) ? set.standardName()
                        : ParameterSet.names(keyType)));
            }
            set = wanted;
        }

        @Override
        int sizeBits() {
            return set.curve() == null ? set.sizeBits() : 0;
        }

        @Override
        Curve curve() {
            return set.curve();
        }
    }

    /** EC by curve name or object identifier, by the size of a NIST curve, or P-256 by default. */
    static final class Ec extends HsmKeyPairGenerator {
        private static final String KNOWN = "P-224, P-256, P-384, P-521 or secp256k1";
        private Curve curve = Curve.P256;

        Ec(ServiceContext context) {
            super(context);
        }

        @Override
        public void initialize(int bits, SecureRandom random) {
            Curve wanted = Curve.ofSize(bits);
            if (wanted == null) {
                throw new InvalidParameterException("The HSM has no curve of " + bits + " bits: " + KNOWN);
            }
            curve = wanted;
            takeDefaults();
        }

        @Override
        public void initialize(AlgorithmParameterSpec spec, SecureRandom random)
            throws InvalidAlgorithmParameterException {
            if (spec instanceof KeyPairAttributesMap given) {
                PairAttributes pair = PairAttributes.of(given, KeyType.EC);
                curve = pair.curve() == null ? curve : pair.curve();
                take(pair);
                return;
            }
            Curve wanted;
            if (spec instanceof ECGenParameterSpec named) {
                wanted = Curve.ofName(named.getName());
            } else if (spec instanceof ECParameterSpec parameters) {
                wanted = Curve.of(parameters);
            } else {
                throw new InvalidAlgorithmParameterException("EC takes an ECGenParameterSpec"
                    + (spec == null ? "" : ", not a " + spec.getClass().getName()));
            }
            if (wanted == null) {
                throw new InvalidAlgorithmParameterException("The HSM does not have the curve "
                    + (spec instanceof ECGenParameterSpec named ? named.getName() : spec) + ": " + KNOWN);
            }
            curve = wanted;
            takeDefaults();
        }

        @Override
        int sizeBits() {
            return 0;
        }

        @Override
        Curve curve() {
            return curve;
        }
    }
}
