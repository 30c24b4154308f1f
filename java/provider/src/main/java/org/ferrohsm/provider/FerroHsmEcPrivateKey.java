package org.ferrohsm.provider;

import java.security.PrivateKey;
import java.security.interfaces.ECKey;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECParameterSpec;

/**
 * An EC private key in the HSM. It is an {@link ECKey}, so that TLS can tell its curve, and deliberately no
 * {@code ECPrivateKey}: other providers take those for their own and fail on the missing scalar.
 *
 * <pre>{@code
 * KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", provider);
 * generator.initialize(new ECGenParameterSpec("secp384r1"));
 * FerroHsmEcPrivateKey key = (FerroHsmEcPrivateKey) generator.generateKeyPair().getPrivate();
 * int bits = key.getParams().getOrder().bitLength();    // 384
 * }</pre>
 */
public final class FerroHsmEcPrivateKey extends FerroHsmKey implements PrivateKey, ECKey {
    private static final long serialVersionUID = 1L;

    private final transient ECPublicKey publicKey;

    FerroHsmEcPrivateKey(HsmClient client, KeyInfo info, ECPublicKey publicKey) {
        super(client, info, "EC");
        this.publicKey = publicKey;
    }

    @Override
    public ECParameterSpec getParams() {
        return publicKey.getParams();
    }

    ECPublicKey publicKey() {
        return publicKey;
    }
}
