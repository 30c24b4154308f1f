package org.ferrohsm.provider;

import java.security.PrivateKey;
import java.security.spec.NamedParameterSpec;

/**
 * An ML-KEM private key (FIPS 203) in the HSM.
 *
 * <pre>{@code
 * KeyPair pair = KeyPairGenerator.getInstance("ML-KEM-768", provider).generateKeyPair();
 * FerroHsmMlKemPrivateKey key = (FerroHsmMlKemPrivateKey) pair.getPrivate();
 * MlKem.Encapsulated made = new MlKem(provider).encapsulate(pair.getPublic(), "AES");
 * SecretKey secret = MlKem.decapsulate(key, made.ciphertext(), "AES");
 * }</pre>
 */
public final class FerroHsmMlKemPrivateKey extends FerroHsmKey implements PrivateKey, ParameterizedKey {
    private static final long serialVersionUID = 1L;

    FerroHsmMlKemPrivateKey(HsmClient client, KeyInfo info) {
        super(client, info, KeyType.ML_KEM.algorithm());
    }

    /** The parameter set, as keys of JDK 24 and later say it. */
    @Override
    public NamedParameterSpec getParams() {
        return new NamedParameterSpec(ParameterSet.of(info()).standardName());
    }
}
