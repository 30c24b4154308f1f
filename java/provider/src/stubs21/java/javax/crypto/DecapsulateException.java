package javax.crypto;

import java.security.GeneralSecurityException;

/** What the compiler needs of JDK 21's class; never in the jar. */
public class DecapsulateException extends GeneralSecurityException {
    private static final long serialVersionUID = 1L;

    public DecapsulateException(String message) {
        super(message);
    }

    public DecapsulateException(String message, Throwable cause) {
        super(message, cause);
    }
}
