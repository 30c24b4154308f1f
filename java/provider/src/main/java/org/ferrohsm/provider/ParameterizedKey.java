package org.ferrohsm.provider;

import java.security.spec.AlgorithmParameterSpec;

/**
 * A key that tells its parameters. JDK 22 and later asks every key by a method of this type, which classes that are compiled
 * for 17 would not have: theirs return what is narrower, and the interface that is overridden is not there yet.
 */
interface ParameterizedKey {
    /** The parameters of the key's algorithm. */
    AlgorithmParameterSpec getParams();
}
