/**
 * Attributes of keys, as CloudHSM's {@code com.amazonaws.cloudhsm.jce.provider.attributes} has them: given when a key is
 * made, imported or unwrapped, and asked for when one is looked up. JCA has no place for them, so the maps here serve as
 * an {@code AlgorithmParameterSpec} for generators and unwrapping ciphers and as a {@code KeySpec} for key factories and
 * {@link org.ferrohsm.provider.KeyStoreWithAttributes}.
 */
package org.ferrohsm.provider.attributes;
