package org.ferrohsm.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * At a parameter of type {@link java.security.KeyPair} or {@link javax.crypto.SecretKey}: what key the HSM makes for it.
 *
 * <pre>{@code
 * @Test
 * void wraps(@HsmKey(algorithm = "AES", size = 256, attributes = {"label=kek", "encrypt=false", "decrypt=false"}) SecretKey kek,
 *            @HsmKey(algorithm = "RSA", size = 3072, attributes = "extractable=true") KeyPair pair) {
 *     ...
 * }
 * }</pre>
 *
 * <p>Attributes are written {@code name=value}, as the CLI does: flags are {@code true} or {@code false}, {@code id} is
 * hexadecimal ({@code id=0x01ff}), {@code allowed-mechanisms} has names with commas between. What is not said has the HSM's
 * default: a session key that is not extractable, with the uses of its type.
 */
@Target(ElementType.PARAMETER)
@Retention(RetentionPolicy.RUNTIME)
@Documented
public @interface HsmKey {
    /**
     * Name for KeyPairGenerator or KeyGenerator.
     *
     * @return empty (default): {@code EC} for a key pair, {@code AES} for a secret key
     */
    String algorithm() default "";

    /**
     * Size in bits; for EC that of a NIST curve.
     *
     * @return 0 (default): the generator's default, which is P-256 for EC, 3072 for RSA, 256 for AES
     */
    int size() default 0;

    /**
     * Attributes of the private or secret key.
     *
     * @return {@code name=value} each
     */
    String[] attributes() default {};

    /**
     * Attributes of the public key of a pair.
     *
     * @return {@code name=value} each
     */
    String[] publicAttributes() default {};
}
