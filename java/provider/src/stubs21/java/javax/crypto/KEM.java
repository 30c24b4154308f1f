package javax.crypto;

/** What the compiler needs of JDK 21's class; never in the jar. */
public final class KEM {
    private KEM() {
    }

    public static final class Encapsulated {
        public Encapsulated(SecretKey key, byte[] encapsulation, byte[] params) {
        }
    }
}
