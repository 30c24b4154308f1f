package org.ferrohsm.provider.spec;

import java.security.spec.AlgorithmParameterSpec;
import java.util.Objects;
import org.ferrohsm.provider.attributes.KeyAttributesMap;

/**
 * Parameters of {@code KeyAgreement.getInstance("ECDHwithX963SHA256KDF")} and the like: ECDH followed by the KDF of ANSI
 * X9.63, wholly inside the HSM. Immutable but for the attributes, which are the caller's map.
 *
 * <pre>{@code
 * KeyAttributesMap use = new KeyAttributesMap();
 * use.put(KeyAttribute.DERIVE, true);
 * KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", provider);
 * generator.initialize(new KeyPairAttributesMapBuilder().withPrivate(use).build());
 * KeyPairGenerator software = KeyPairGenerator.getInstance("EC");
 * software.initialize(256);
 * PublicKey other = software.generateKeyPair().getPublic();
 *
 * KeyAttributesMap derived = new KeyAttributesMap();
 * derived.put(KeyAttribute.SIZE, 256);
 * KeyAgreement agreement = KeyAgreement.getInstance("ECDHwithX963SHA256KDF", provider);
 * agreement.init(generator.generateKeyPair().getPrivate(), new EcdhWithX963KdfParamSpec(null, derived));
 * agreement.doPhase(other, true);
 * SecretKey key = agreement.generateSecret("AES");
 * }</pre>
 */
public final class EcdhWithX963KdfParamSpec implements AlgorithmParameterSpec {
    private final byte[] sharedInfo;
    private final KeyAttributesMap attributes;

    /**
     * A derivation.
     *
     * @param sharedInfo SharedInfo of X9.63, at most 16 KiB; null for none
     * @param attributes of the derived key; SIZE is in bits, 256 if it is not among them
     */
    public EcdhWithX963KdfParamSpec(byte[] sharedInfo, KeyAttributesMap attributes) {
        this.sharedInfo = sharedInfo == null ? new byte[0] : sharedInfo.clone();
        this.attributes = Objects.requireNonNull(attributes, "attributes");
    }

    /** {@return SharedInfo; never null} */
    public byte[] getSharedInfo() {
        return sharedInfo.clone();
    }

    /** {@return attributes of the derived key} */
    public KeyAttributesMap getAttributes() {
        return attributes;
    }
}
