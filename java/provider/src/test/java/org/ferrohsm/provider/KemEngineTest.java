package org.ferrohsm.provider;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.PublicKey;
import java.security.Security;
import javax.crypto.SecretKey;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * {@code javax.crypto.KEM} with ML-KEM keys in the HSM, by reflection: the class is there from JDK 21 on, and the engine in
 * the jar's part for those.
 */
class KemEngineTest {
    private final FerroHsmProvider provider = DevHsm.provider();

    private static Object call(Object target, String name, Object... arguments) throws Exception {
        String type = target.getClass().getName();
        for (Method method : Class.forName(type).getMethods()) {
            if (method.getName().equals(name) && method.getParameterCount() == arguments.length) {
                try {
                    return method.invoke(target, arguments);
                } catch (InvocationTargetException e) {
                    throw (Exception) e.getCause();
                }
            }
        }
        throw new NoSuchMethodException(type + '.' + name);
    }

    private static Object kem(String algorithm, Provider by) throws Exception {
        return Class.forName("javax.crypto.KEM").getMethod("getInstance", String.class, Provider.class)
            .invoke(null, algorithm, by);
    }

    @Test
    void isThereFrom21On() {
        Provider.Service service = provider.getService("KEM", "ML-KEM");
        if (Runtime.version().feature() < 21) {
            assertNull(service);
        } else {
            assertEquals("org.ferrohsm.provider.HsmKem", service.getClassName());
        }
    }

    /** The updates of JDK 17 have ML-KEM since 17.0.21; our engine is for 21 and newer. */
    @Test
    void interoperatesWithTheJdk() throws Exception {
        Assumptions.assumeTrue(Runtime.version().feature() >= 21 && Jdk.has(KeyType.ML_KEM));
        Provider jdk = Security.getProvider("SunJCE");
        for (String set : new String[] {"ML-KEM-512", "ML-KEM-768", "ML-KEM-1024"}) {
            KeyPair ours = KeyPairGenerator.getInstance(set, provider).generateKeyPair();
            KeyPair theirs = KeyPairGenerator.getInstance(set, "SunJCE").generateKeyPair();
            for (String name : new String[] {"ML-KEM", set}) {
                exchange(kem(name, jdk), kem(name, provider), ours);
                exchange(kem(name, provider), kem(name, jdk), theirs);
                Assertions.assertThrows(java.security.InvalidKeyException.class,
                    () -> call(kem(name, provider), "newDecapsulator", theirs.getPrivate()));
            }
        }
    }

    private static void exchange(Object sender, Object receiver, KeyPair pair) throws Exception {
        PublicKey publicKey = pair.getPublic();
        PrivateKey privateKey = pair.getPrivate();
        Object encapsulator = call(sender, "newEncapsulator", publicKey);
        Object encapsulated = call(encapsulator, "encapsulate", 0, 32, "AES");
        byte[] ciphertext = (byte[]) call(encapsulated, "encapsulation");
        assertEquals(call(encapsulator, "encapsulationSize"), ciphertext.length);
        Object decapsulator = call(receiver, "newDecapsulator", privateKey);
        assertEquals(call(encapsulated, "key"), call(decapsulator, "decapsulate", ciphertext, 0, 32, "AES"));
        SecretKey part = (SecretKey) call(decapsulator, "decapsulate", ciphertext, 8, 24, "AES");
        assertEquals(16, part.getEncoded().length);
        Assertions.assertThrows(GeneralSecurityException.class,
            () -> call(decapsulator, "decapsulate", new byte[3], 0, 32, "AES"));
    }
}
