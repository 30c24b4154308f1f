package org.ferrohsm.provider;

/** Engines whose JCA class only newer JVMs have: from JDK 21 on {@code KEM}. */
final class NewerEngines {
    private NewerEngines() {
    }

    /** The class of an engine; null where the JVM does not have the engine. */
    static Class<?> spiClass(String engine) {
        return engine.equals("KEM") ? HsmKem.class : null;
    }

    /** An engine object, of the class that {@link #spiClass} names. */
    static Object newInstance(ServiceContext context, String engine) {
        if (engine.equals("KEM")) {
            return new HsmKem(context);
        }
        throw new IllegalStateException("This JVM has no engine " + engine);
    }
}
