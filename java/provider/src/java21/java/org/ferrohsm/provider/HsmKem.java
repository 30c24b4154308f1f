package org.ferrohsm.provider;

import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.PrivateKey;
import java.security.ProviderException;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.spec.AlgorithmParameterSpec;
import java.util.Arrays;
import java.util.Objects;
import javax.crypto.DecapsulateException;
import javax.crypto.KEM;
import javax.crypto.KEMSpi;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/**
 * ML-KEM (FIPS 203) for {@code javax.crypto.KEM}: encapsulates for any ML-KEM public key, with randomness of the HSM, and
 * decapsulates with keys in the HSM. The secret comes out in clear, as the JCA wants it; {@link MlKem} can keep it inside.
 */
final class HsmKem implements KEMSpi {
    private final ServiceContext context;

    HsmKem(ServiceContext context) {
        this.context = context;
    }

    /** The set that the service's name asks for, or null for any. */
    private ParameterSet wanted() {
        return ParameterSet.isExact(context.algorithm()) ? ParameterSet.ofName(context.algorithm(), KeyType.ML_KEM) : null;
    }

    private static void requireNone(AlgorithmParameterSpec spec) throws InvalidAlgorithmParameterException {
        if (spec != null) {
            throw new InvalidAlgorithmParameterException("ML-KEM takes no parameters, but got "
                + spec.getClass().getName());
        }
    }

    @Override
    public EncapsulatorSpi engineNewEncapsulator(PublicKey key, AlgorithmParameterSpec spec, SecureRandom random)
        throws InvalidAlgorithmParameterException, InvalidKeyException {
        requireNone(spec);
        byte[] info = MlKem.info(key, wanted());
        return new Encapsulator(context, info, ParameterSet.ofPublicKeyInfo(info));
    }

    @Override
    public DecapsulatorSpi engineNewDecapsulator(PrivateKey key, AlgorithmParameterSpec spec)
        throws InvalidAlgorithmParameterException, InvalidKeyException {
        requireNone(spec);
        if (!(key instanceof FerroHsmMlKemPrivateKey ours)) {
            throw Keys.foreign(key, "a private ML-KEM key in the HSM");
        }
        ParameterSet set = ParameterSet.of(ours.info());
        if (wanted() != null && wanted() != set) {
            throw new InvalidKeyException("The key is for " + set.standardName() + ", not " + context.algorithm());
        }
        ours.handleFor("decapsulate");
        return new Decapsulator(ours, set);
    }

    /** The bytes of a secret that a caller wants, as a key; wipes the whole. */
    private static SecretKey slice(byte[] secret, int from, int to, String algorithm) {
        try {
            return new SecretKeySpec(secret, from, to - from, algorithm);
        } finally {
            Arrays.fill(secret, (byte) 0);
        }
    }

    private static int encapsulationBytes(ParameterSet set) {
        return switch (set) {
            case ML_KEM_512 -> 768;
            case ML_KEM_768 -> 1088;
            case ML_KEM_1024 -> 1568;
            default -> throw new IllegalStateException(set + " is no KEM");
        };
    }

    private record Encapsulator(ServiceContext context, byte[] info, ParameterSet set) implements EncapsulatorSpi {
        @Override
        public KEM.Encapsulated engineEncapsulate(int from, int to, String algorithm) {
            Objects.checkFromToIndex(from, to, MlKem.SECRET_BYTES);
            Objects.requireNonNull(algorithm, "the algorithm of the secret key");
            try {
                HsmClient.Encapsulated<byte[]> made = context.client().encapsulate(info, MlKem.mechanism());
                return new KEM.Encapsulated(slice(made.secret(), from, to, algorithm), made.ciphertext(), null);
            } catch (GeneralSecurityException e) {
                throw new ProviderException(e.getMessage(), e);
            }
        }

        @Override
        public int engineSecretSize() {
            return MlKem.SECRET_BYTES;
        }

        @Override
        public int engineEncapsulationSize() {
            return encapsulationBytes(set);
        }
    }

    private record Decapsulator(FerroHsmMlKemPrivateKey key, ParameterSet set) implements DecapsulatorSpi {
        @Override
        public SecretKey engineDecapsulate(byte[] encapsulation, int from, int to, String algorithm)
            throws DecapsulateException {
            Objects.checkFromToIndex(from, to, MlKem.SECRET_BYTES);
            Objects.requireNonNull(algorithm, "the algorithm of the secret key");
            if (encapsulation.length != encapsulationBytes(set)) {
                throw new DecapsulateException("An encapsulation of " + set.standardName() + " has "
                    + encapsulationBytes(set) + " bytes, not " + encapsulation.length);
            }
            try {
                byte[] secret = key.client().decapsulate(key.handleFor("decapsulate"), MlKem.mechanism(), encapsulation);
                return slice(secret, from, to, algorithm);
            } catch (GeneralSecurityException e) {
                throw new DecapsulateException(e.getMessage(), e);
            }
        }

        @Override
        public int engineSecretSize() {
            return MlKem.SECRET_BYTES;
        }

        @Override
        public int engineEncapsulationSize() {
            return encapsulationBytes(set);
        }
    }
}
