package org.ferrohsm.provider;

import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.Key;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.XECPublicKey;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.NamedParameterSpec;
import java.util.Arrays;
import javax.crypto.KeyAgreement;
import javax.crypto.KeyAgreementSpi;
import javax.crypto.SecretKey;
import javax.crypto.ShortBufferException;
import javax.crypto.spec.SecretKeySpec;

/**
 * ECDH or X25519 with a private key in the HSM. The shared secret comes out, as JCA wants it; it is computed in
 * {@code doPhase}, so that a point that leads to no secret is refused there, as by the JDK.
 */
final class EcdhKeyAgreement extends KeyAgreementSpi {
    private final ServiceContext context;
    private FerroHsmKey key;
    /** Computed and not yet given out, else null. */
    private byte[] secret;
    private KeyAgreement software;

    EcdhKeyAgreement(ServiceContext context) {
        this.context = context;
    }

    @Override
    protected void engineInit(Key newKey, SecureRandom random) throws InvalidKeyException {
        key = null;
        forget();
        software = null;
        if (newKey instanceof FerroHsmKey ours && ours.info().keyType() == context.keyType()) {
            ours.handleFor("derive");
            key = ours;
        } else if (context.keyWasUnknown() && !(newKey instanceof FerroHsmKey)) {
            try {
                KeyAgreement agreement = Jdk.keyAgreement(context.algorithm());
                agreement.init(newKey, random);
                software = agreement;
            } catch (GeneralSecurityException e) {
                throw Keys.invalidKey(e);
            }
        } else {
            throw Keys.foreign(newKey, "a private " + context.keyType().algorithm() + " key in the HSM");
        }
    }

    @Override
    protected void engineInit(Key newKey, AlgorithmParameterSpec spec, SecureRandom random)
        throws InvalidKeyException, InvalidAlgorithmParameterException {
        if (spec != null) {
            throw new InvalidAlgorithmParameterException(context.algorithm() + " takes no parameters");
        }
        engineInit(newKey, random);
    }

    @Override
    protected Key engineDoPhase(Key peerKey, boolean lastPhase) throws InvalidKeyException {
        if (software != null) {
            return software.doPhase(peerKey, lastPhase);
        }
        if (key == null) {
            throw new IllegalStateException("Init with a key first");
        }
        if (!lastPhase) {
            throw new IllegalStateException(context.algorithm() + " is between two parties: there is only the last phase");
        }
        forget();
        byte[] peer = peer(context, key, peerKey);
        try {
            secret = key.client().deriveSecret(key.handleFor("derive"), context.mechanism().code(), peer);
        } catch (GeneralSecurityException e) {
            throw Keys.invalidKey(e);
        }
        return null;
    }

    private void forget() {
        if (secret != null) {
            Arrays.fill(secret, (byte) 0);
            secret = null;
        }
    }

    /** SubjectPublicKeyInfo of the other side's key, if the two keys can agree. */
    static byte[] peer(ServiceContext context, FerroHsmKey key, Key peerKey) throws InvalidKeyException {
        if (curveOf(context, peerKey) != key.info().curve()) {
            throw new InvalidKeyException("The other side's key is on another curve than "
                + key.info().curve().standardName());
        }
        return Keys.publicKeyInfo((PublicKey) peerKey);
    }

    private static Curve curveOf(ServiceContext context, Key peerKey) throws InvalidKeyException {
        if (peerKey instanceof ECPublicKey ec) {
            return Curve.of(ec.getParams());
        }
        if (peerKey instanceof XECPublicKey xec) {
            boolean ours = xec.getParams() instanceof NamedParameterSpec named && named.getName().equals("X25519");
            return ours ? Curve.X25519 : null;
        }
        throw new InvalidKeyException("The other side's key must be a public key for " + context.algorithm() + ", not a "
            + (peerKey == null ? "null" : peerKey.getClass().getName()));
    }

    @Override
    protected byte[] engineGenerateSecret() {
        if (software != null) {
            return software.generateSecret();
        }
        requireSecret();
        byte[] given = secret;
        secret = null;
        return given;
    }

    private void requireSecret() {
        if (secret == null) {
            throw new IllegalStateException("Call doPhase with the other side's public key first");
        }
    }

    @Override
    protected int engineGenerateSecret(byte[] output, int offset) throws ShortBufferException {
        if (software != null) {
            return software.generateSecret(output, offset);
        }
        requireSecret();
        int bytes = secret.length;
        if (output.length - offset < bytes) {
            throw new ShortBufferException("The secret has " + bytes + " bytes");
        }
        System.arraycopy(secret, 0, output, offset, bytes);
        forget();
        return bytes;
    }

    @Override
    protected SecretKey engineGenerateSecret(String algorithm) throws NoSuchAlgorithmException, InvalidKeyException {
        if (software != null) {
            return software.generateSecret(algorithm);
        }
        if (algorithm == null) {
            throw new NoSuchAlgorithmException("The algorithm of the secret key is null");
        }
        // As SunEC: a raw secret is no key for a cipher before a key derivation function was applied.
        if (!algorithm.equals("TlsPremasterSecret") && !algorithm.equals("Generic")) {
            throw new NoSuchAlgorithmException(context.algorithm() + " gives a TlsPremasterSecret or a Generic key, not "
                + algorithm);
        }
        return new SecretKeySpec(engineGenerateSecret(), algorithm);
    }
}
