package org.ferrohsm.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Gives a test class a throwaway HSM: a real {@code hsm-server} process, started before its first test and gone after its last.
 *
 * <pre>{@code
 * @FerroHsm
 * class SigningTest {
 *     @Test
 *     void signs(Provider hsm, @HsmKey(algorithm = "EC", size = 256) KeyPair pair) throws Exception {
 *         Signature signature = Signature.getInstance("SHA256withECDSA", hsm);
 *         signature.initSign(pair.getPrivate());
 *         ...
 *     }
 * }
 * }</pre>
 *
 * <p>Constructors, test methods and lifecycle methods may have parameters of these types:
 * <ul>
 * <li>{@link java.security.Provider} (or {@link org.ferrohsm.provider.FerroHsmProvider}): logs in at first use; not installed in the
 *     JVM. A test whose code looks for providers adds it with {@link java.security.Security#addProvider}; it is removed
 *     with the HSM, if the test has not done so. Its name is another one for each HSM.
 * <li>{@link java.security.KeyStore}: type {@code FERROHSM}, loaded.
 * <li>{@link java.security.KeyPair} or {@link javax.crypto.SecretKey} with {@link HsmKey}: a new key for each parameter.
 * <li>{@link FerroHsmServer}: addresses, configurations, the log, and faults.
 * </ul>
 * {@link HsmUser} at a parameter says whose provider, KeyStore or key it is.
 *
 * <p>Classes and methods may run in parallel: each class has an HSM of its own, which its methods share. A method that stops or
 * pauses the HSM stops it for the others as well. {@code @Nested} classes use the HSM of the class around them unless they
 * have this annotation themselves. It works with Jupiter 5.8 or newer and with 6.
 *
 * <p>When the JVM that runs the tests dies, also by {@code kill -9}, the HSM ends and deletes its files.
 */
@Target({ElementType.TYPE, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Inherited
@Documented
@ExtendWith(FerroHsmExtension.class)
public @interface FerroHsm {
    /**
     * Mode of the cluster.
     *
     * @return FIPS by default
     */
    ClusterMode mode() default ClusterMode.FIPS;

    /**
     * Crypto users beside {@value FerroHsmServer#DEFAULT_USER}, for {@link HsmUser}.
     *
     * @return names of 1 to 64 letters, digits and {@code . _ @ -}
     */
    String[] users() default {};

    /**
     * How much longer a round trip to the HSM takes, in milliseconds. Above 0 all connections go through a proxy in this JVM, and
     * {@link FerroHsmServer#setLatency} can change it.
     *
     * @return 0 (default): no proxy
     */
    long latencyMillis() default 0;
}
