package org.ferrohsm.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * At a parameter: the provider, KeyStore or key of this crypto user, one of {@link FerroHsm#users}.
 *
 * <pre>{@code
 * @FerroHsm(users = {"alice", "bob"})
 * class OwnershipTest {
 *     @Test
 *     void bobDoesNotSeeIt(@HsmUser("alice") KeyStore hers, @HsmUser("bob") KeyStore his) {
 *         ...
 *     }
 * }
 * }</pre>
 */
@Target(ElementType.PARAMETER)
@Retention(RetentionPolicy.RUNTIME)
@Documented
public @interface HsmUser {
    /**
     * The user's name.
     *
     * @return case does not matter
     */
    String value();
}
