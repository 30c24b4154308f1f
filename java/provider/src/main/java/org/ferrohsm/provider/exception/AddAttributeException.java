package org.ferrohsm.provider.exception;

/**
 * A value that an attribute cannot have was put into a map of attributes. The message names the attribute.
 *
 * <pre>{@code
 * try {
 *     new KeyAttributesMap().put(KeyAttribute.SIZE, "256");    // it is an Integer
 * } catch (AddAttributeException e) {
 *     System.err.println(e.getMessage());
 * }
 * }</pre>
 */
public class AddAttributeException extends Exception {
    private static final long serialVersionUID = 1L;

    /**
     * With the attribute, and what it takes.
     *
     * @param message what happened, and what to do
     */
    public AddAttributeException(String message) {
        super(message);
    }
}
