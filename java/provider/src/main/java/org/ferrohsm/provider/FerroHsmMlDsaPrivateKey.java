package org.ferrohsm.provider;

import java.security.PrivateKey;
import java.security.spec.NamedParameterSpec;

/**
 * An ML-DSA private key (FIPS 204) in the HSM.
 *
 * <pre>{@code
 * KeyPair pair = KeyPairGenerator.getInstance("ML-DSA-65", provider).generateKeyPair();
 * FerroHsmMlDsaPrivateKey key = (FerroHsmMlDsaPrivateKey) pair.getPrivate();
 * Signature signature = Signature.getInstance("ML-DSA", provider);
 * signature.initSign(key);
 * signature.update(data);
 * byte[] signed = signature.sign();
 * }</pre>
 */
public final class FerroHsmMlDsaPrivateKey extends FerroHsmKey implements PrivateKey, ParameterizedKey {
    private static final long serialVersionUID = 1L;

    FerroHsmMlDsaPrivateKey(HsmClient client, KeyInfo info) {
        super(client, info, KeyType.ML_DSA.algorithm());
    }

    /** The parameter set, as keys of JDK 24 and later say it. */
    @Override
    public NamedParameterSpec getParams() {
        return new NamedParameterSpec(ParameterSet.of(info()).standardName());
    }
}
