package javax.crypto;

/** What the compiler needs of JDK 25's interface; never in the jar. */
public interface KDFParameters {
}
