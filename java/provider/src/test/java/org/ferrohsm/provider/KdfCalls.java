package org.ferrohsm.provider;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.security.Provider;
import java.security.spec.AlgorithmParameterSpec;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import org.ferrohsm.provider.attributes.KeyAttribute;
import org.ferrohsm.provider.attributes.KeyAttributesMapBuilder;

/** {@code javax.crypto.KDF} and its HKDFParameterSpec by reflection: they are there from JDK 25 on. */
public final class KdfCalls {
    private static final String SPEC = "javax.crypto.spec.HKDFParameterSpec";

    private KdfCalls() {
    }

    /** Whether this JVM has them. */
    public static boolean areThere() {
        return Runtime.version().feature() >= 25;
    }

    /** A generic secret in the HSM that derives. */
    public static SecretKey base(Provider provider, byte[] bytes) throws Exception {
        return SecretKeyFactory.getInstance("GenericSecret", provider).generateSecret(new KeyAttributesMapBuilder()
            .put(KeyAttribute.VALUE, bytes).put(KeyAttribute.DERIVE, true).build());
    }

    private static Object call(Method method, Object target, Object... arguments) throws Exception {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw (Exception) e.getCause();
        }
    }

    private static Method kdf(String name, Class<?>... parameters) throws Exception {
        return Class.forName("javax.crypto.KDF").getMethod(name, parameters);
    }

    static Object get(String algorithm) throws Exception {
        return call(kdf("getInstance", String.class), null, algorithm);
    }

    /** A KDF of this provider's. */
    public static Object get(String algorithm, Provider provider) throws Exception {
        return call(kdf("getInstance", String.class, Provider.class), null, algorithm, provider);
    }

    /** With parameters, which nobody's HKDF takes. */
    static Object withParameters(String algorithm, Provider provider) throws Exception {
        Class<?> type = Class.forName("javax.crypto.KDFParameters");
        Object parameters = java.lang.reflect.Proxy.newProxyInstance(KdfCalls.class.getClassLoader(),
            new Class<?>[] {type}, (proxy, method, arguments) -> null);
        return call(kdf("getInstance", String.class, type, Provider.class), null, algorithm, parameters, provider);
    }

    static String providerName(Object kdf) throws Exception {
        return (String) call(kdf("getProviderName"), kdf);
    }

    /** Derives a key. */
    public static SecretKey deriveKey(Object kdf, String algorithm, AlgorithmParameterSpec spec) throws Exception {
        return (SecretKey) call(kdf("deriveKey", String.class, AlgorithmParameterSpec.class), kdf, algorithm, spec);
    }

    static byte[] deriveData(Object kdf, AlgorithmParameterSpec spec) throws Exception {
        return (byte[]) call(kdf("deriveData", AlgorithmParameterSpec.class), kdf, spec);
    }

    private static Object builder(byte[] salt, SecretKey... ikms) throws Exception {
        Object builder = call(Class.forName(SPEC).getMethod("ofExtract"), null);
        for (SecretKey ikm : ikms) {
            call(builder.getClass().getMethod("addIKM", SecretKey.class), builder, ikm);
        }
        call(builder.getClass().getMethod("addSalt", byte[].class), builder, salt);
        return builder;
    }

    /** HKDF-Extract. */
    public static AlgorithmParameterSpec extract(byte[] salt, SecretKey... ikms) throws Exception {
        Object builder = builder(salt, ikms);
        return (AlgorithmParameterSpec) call(builder.getClass().getMethod("extractOnly"), builder);
    }

    /** HKDF-Extract with a key as the salt. */
    static AlgorithmParameterSpec extractWithKey(SecretKey salt, SecretKey ikm) throws Exception {
        Object builder = builder(new byte[0], ikm);
        call(builder.getClass().getMethod("addSalt", SecretKey.class), builder, salt);
        return (AlgorithmParameterSpec) call(builder.getClass().getMethod("extractOnly"), builder);
    }

    /** HKDF-Expand to a length in bytes. */
    public static AlgorithmParameterSpec expand(SecretKey prk, byte[] info, int length) throws Exception {
        return (AlgorithmParameterSpec) call(Class.forName(SPEC).getMethod("expandOnly", SecretKey.class, byte[].class,
            int.class), null, prk, info, length);
    }

    /** Both halves, to a length in bytes. */
    public static AlgorithmParameterSpec both(SecretKey ikm, byte[] salt, byte[] info, int length) throws Exception {
        Object builder = builder(salt, ikm);
        return (AlgorithmParameterSpec) call(builder.getClass().getMethod("thenExpand", byte[].class, int.class), builder,
            info, length);
    }
}
