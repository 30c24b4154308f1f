package org.ferrohsm.provider.vectors;

import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.ProviderException;
import java.security.PublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPrivateKeySpec;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.Set;
import javax.crypto.KeyAgreement;
import org.ferrohsm.provider.VectorKeys;

/** ECDH with the private key in the HSM. */
final class AgreementVectors {
    private static final Set<String> CURVES = Set.of("secp224r1", "secp256r1", "secp384r1", "secp521r1", "secp256k1");

    private final Provider provider;
    private final Tally tally;

    AgreementVectors(Provider provider, Tally tally) {
        this.provider = provider;
        this.tally = tally;
    }

    void ecdh(VectorFile file) throws GeneralSecurityException {
        for (VectorFile.Group group : file.groups()) {
            if (!CURVES.contains(group.text("curve"))) {
                return;
            }
            AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC", "SunEC");
            parameters.init(new ECGenParameterSpec(group.text("curve")));
            ECParameterSpec curve = parameters.getParameterSpec(ECParameterSpec.class);
            for (VectorFile.Vector vector : group.vectors()) {
                PrivateKey key = KeyFactory.getInstance("EC", provider).generatePrivate(
                    new ECPrivateKeySpec(new BigInteger(1, vector.bytes("private")), curve));
                boolean accepted;
                try {
                    byte[] shared = agree(key, peer(group, vector.bytes("public"), curve));
                    accepted = Arrays.equals(vector.bytes("shared"), shared);
                    if (!accepted) {
                        // Also for "acceptable" ones: taken means computed on the right curve.
                        tally.wrong("ECDH, " + file.name() + " vector " + vector.id() + ": another secret");
                    }
                } catch (InvalidKeyException | InvalidKeySpecException e) {
                    accepted = false;
                } catch (ProviderException e) {
                    if (vector.isValid()) {
                        throw e;
                    }
                    accepted = false;
                }
                tally.judge("KeyAgreement", "ECDH", file, vector, accepted);
                VectorKeys.destroy(key);
            }
        }
    }

    private byte[] agree(PrivateKey key, PublicKey peer) throws GeneralSecurityException {
        KeyAgreement agreement = KeyAgreement.getInstance("ECDH", provider);
        agreement.init(key);
        agreement.doPhase(peer, true);
        return agreement.generateSecret();
    }

    private PublicKey peer(VectorFile.Group group, byte[] bytes, ECParameterSpec curve)
        throws GeneralSecurityException {
        KeyFactory factory = KeyFactory.getInstance("EC", provider);
        if (group.text("encoding").equals("asn")) {
            return factory.generatePublic(new X509EncodedKeySpec(bytes));
        }
        int length = (curve.getCurve().getField().getFieldSize() + 7) / 8;
        if (bytes.length != 2 * length + 1 || bytes[0] != 4) {
            throw new InvalidKeySpecException("JCA has no other form than two coordinates");
        }
        return factory.generatePublic(new ECPublicKeySpec(new ECPoint(
            new BigInteger(1, Arrays.copyOfRange(bytes, 1, length + 1)),
            new BigInteger(1, Arrays.copyOfRange(bytes, length + 1, bytes.length))), curve));
    }
}
