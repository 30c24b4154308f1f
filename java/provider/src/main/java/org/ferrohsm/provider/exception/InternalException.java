package org.ferrohsm.provider.exception;

/**
 * The HSM failed inside; its log tells why.
 *
 * <pre>{@code
 * try {
 *     Signature signature = Signature.getInstance("SHA256withECDSA");
 *     signature.initSign(KeyPairGenerator.getInstance("EC", provider).generateKeyPair().getPrivate());
 *     signature.update(data);
 *     byte[] signed = signature.sign();
 * } catch (InternalException e) {
 *     System.err.println(e.getMessage());
 * }
 * }</pre>
 */
public class InternalException extends java.security.ProviderException {
    private static final long serialVersionUID = 1L;

    /**
     * With what happened and what to do.
     *
     * @param message what happened, and what to do
     */
    public InternalException(String message) {
        super(message);
    }
}
