package org.ferrohsm.provider;

/**
 * Engines whose JCA class only newer JVMs have. This one, for JDK 17, has none; the jar has another of this name in
 * {@code META-INF/versions} for each JVM release that brings one.
 */
final class NewerEngines {
    private NewerEngines() {
    }

    /** The class of an engine; null where the JVM does not have the engine. */
    static Class<?> spiClass(String engine) {
        return null;
    }

    /** An engine object, of the class that {@link #spiClass} names. */
    static Object newInstance(ServiceContext context, String engine) {
        throw new IllegalStateException("This JVM has no engine " + engine);
    }
}
