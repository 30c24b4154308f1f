package org.ferrohsm.provider.exception;

/**
 * No HSM could be reached or answered in time, or it could not serve the call now.
 *
 * <pre>{@code
 * try {
 *     Signature signature = Signature.getInstance("SHA256withECDSA");
 *     signature.initSign(KeyPairGenerator.getInstance("EC", provider).generateKeyPair().getPrivate());
 *     signature.update(data);
 *     byte[] signed = signature.sign();
 * } catch (ProviderException e) {
 *     System.err.println(e.getMessage());
 * }
 * }</pre>
 */
public class ProviderException extends java.security.ProviderException {
    private static final long serialVersionUID = 1L;

    /**
     * With what happened and what to do.
     *
     * @param message what happened, and what to do
     */
    public ProviderException(String message) {
        super(message);
    }
}
