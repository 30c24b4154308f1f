package org.ferrohsm.provider.spec;

import java.security.spec.AlgorithmParameterSpec;

/**
 * The context of an ML-DSA signature (FIPS 204, 5.2), for {@code Signature.setParameter}: signer and verifier must give the
 * same. The JDK has no class for it. Immutable.
 *
 * <pre>{@code
 * KeyPair pair = KeyPairGenerator.getInstance("ML-DSA-65", provider).generateKeyPair();
 * Signature signature = Signature.getInstance("ML-DSA", provider);
 * signature.setParameter(new MlDsaParameterSpec("invoices".getBytes(StandardCharsets.UTF_8)));
 * signature.initSign(pair.getPrivate());
 * signature.update(data);
 * byte[] signed = signature.sign();
 * }</pre>
 */
public final class MlDsaParameterSpec implements AlgorithmParameterSpec {
    /** Longest context in bytes. */
    private static final int MAX_BYTES = 255;

    private final byte[] context;

    /**
     * A context.
     *
     * @param context at most 255 bytes; an empty one is as no parameters at all
     * @throws IllegalArgumentException if it is longer
     */
    public MlDsaParameterSpec(byte[] context) {
        if (context.length > MAX_BYTES) {
            throw new IllegalArgumentException("A context of ML-DSA has at most " + MAX_BYTES + " bytes, not "
                + context.length);
        }
        this.context = context.clone();
    }

    /** {@return the context; never null} */
    public byte[] getContext() {
        return context.clone();
    }
}
