package org.ferrohsm.provider;

import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.Key;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.security.interfaces.ECPublicKey;
import java.security.spec.AlgorithmParameterSpec;
import java.util.Locale;
import javax.crypto.KeyAgreementSpi;
import javax.crypto.SecretKey;
import org.ferrohsm.provider.attributes.KeyAttributesMap;
import org.ferrohsm.provider.spec.EcdhWithX963KdfParamSpec;

/** ECDH and the KDF of X9.63, wholly in the HSM: what comes out is a key of the HSM's. */
final class X963KeyAgreement extends KeyAgreementSpi {
    private final ServiceContext context;
    private FerroHsmEcPrivateKey key;
    private EcdhWithX963KdfParamSpec parameters;
    private byte[] peer;

    X963KeyAgreement(ServiceContext context) {
        this.context = context;
    }

    @Override
    protected void engineInit(Key newKey, SecureRandom random) throws InvalidKeyException {
        init(newKey, new EcdhWithX963KdfParamSpec(null, new KeyAttributesMap()));
    }

    @Override
    protected void engineInit(Key newKey, AlgorithmParameterSpec spec, SecureRandom random)
        throws InvalidKeyException, InvalidAlgorithmParameterException {
        if (spec == null) {
            engineInit(newKey, random);
        } else if (spec instanceof EcdhWithX963KdfParamSpec given) {
            init(newKey, given);
        } else if (spec instanceof KeyAttributesMap attributes) {
            init(newKey, new EcdhWithX963KdfParamSpec(null, attributes));
        } else {
            key = null;
            throw new InvalidAlgorithmParameterException(context.algorithm() + " takes an EcdhWithX963KdfParamSpec or a"
                + " KeyAttributesMap, not a " + spec.getClass().getName());
        }
    }

    private void init(Key newKey, EcdhWithX963KdfParamSpec newParameters) throws InvalidKeyException {
        key = null;
        peer = null;
        if (!(newKey instanceof FerroHsmEcPrivateKey ours)) {
            throw Keys.foreign(newKey, "a private EC key in the HSM");
        }
        ours.handleFor("derive");
        key = ours;
        parameters = newParameters;
    }

    @Override
    protected Key engineDoPhase(Key peerKey, boolean lastPhase) throws InvalidKeyException {
        if (key == null) {
            throw new IllegalStateException("Not initialized");
        }
        if (!lastPhase) {
            throw new IllegalStateException("ECDH has two parties: there is only the last phase");
        }
        peer = EcdhKeyAgreement.peer(context, key, peerKey);
        return null;
    }

    @Override
    protected byte[] engineGenerateSecret() {
        throw new UnsupportedOperationException("The key that " + context.algorithm()
            + " derives stays in the HSM: call generateSecret(\"AES\") or generateSecret(\"GenericSecret\")");
    }

    @Override
    protected int engineGenerateSecret(byte[] output, int offset) {
        engineGenerateSecret();
        return 0;
    }

    @Override
    protected SecretKey engineGenerateSecret(String algorithm) throws NoSuchAlgorithmException, InvalidKeyException {
        if (peer == null) {
            throw new IllegalStateException("Call doPhase with the other side's public key first");
        }
        if (algorithm == null) {
            throw new NoSuchAlgorithmException("The algorithm of the secret key is null");
        }
        boolean aes = algorithm.equalsIgnoreCase("AES");
        boolean secret = algorithm.equalsIgnoreCase("GenericSecret") || algorithm.equalsIgnoreCase("Generic")
            || algorithm.toLowerCase(Locale.ROOT).startsWith("hmacsha");
        if (!aes && !secret) {
            throw new NoSuchAlgorithmException(context.algorithm() + " derives AES and GenericSecret keys, not "
                + algorithm);
        }
        try {
            SecretKey derived = KeyDerivation.x963(key, context.mechanism().code(), peer, parameters.getSharedInfo(),
                aes ? KeyType.AES : KeyType.GENERIC_SECRET, parameters.getAttributes(), algorithm);
            peer = null;
            return derived;
        } catch (InvalidKeyException | NoSuchAlgorithmException e) {
            throw e;
        } catch (GeneralSecurityException e) {
            throw new InvalidKeyException(e.getMessage(), e);
        }
    }
}
