package org.ferrohsm.provider;

/** Engines whose JCA class only newer JVMs have: from JDK 21 on {@code KEM}, from JDK 25 on {@code KDF}. */
final class NewerEngines {
    private NewerEngines() {
    }

    /** The class of an engine; null where the JVM does not have the engine. */
    static Class<?> spiClass(String engine) {
        return switch (engine) {
            case "KEM" -> HsmKem.class;
            case "KDF" -> HsmKdf.class;
            default -> null;
        };
    }

    /** An engine object, of the class that {@link #spiClass} names. */
    static Object newInstance(ServiceContext context, String engine) {
        return switch (engine) {
            case "KEM" -> new HsmKem(context);
            case "KDF" -> HsmKdf.of(context);
            default -> throw new IllegalStateException("This JVM has no engine " + engine);
        };
    }
}
