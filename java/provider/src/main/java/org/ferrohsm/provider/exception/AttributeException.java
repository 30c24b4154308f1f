package org.ferrohsm.provider.exception;

import java.security.InvalidParameterException;

/**
 * An attribute that a key cannot have, or a change that would make a key less strict. The message names the attribute.
 *
 * <pre>{@code
 * try {
 *     FerroHsmKey key = (FerroHsmKey) KeyGenerator.getInstance("AES", provider).generateKey();
 *     key.setAttributes(new KeyAttributesMapBuilder().put(KeyAttribute.EXTRACTABLE, true).build());    // once false, always false
 * } catch (AttributeException e) {
 *     System.err.println(e.getMessage());
 * }
 * }</pre>
 */
public class AttributeException extends InvalidParameterException {
    private static final long serialVersionUID = 1L;

    /**
     * With what happened and what to do.
     *
     * @param message what happened, and what to do
     */
    public AttributeException(String message) {
        super(message);
    }
}
