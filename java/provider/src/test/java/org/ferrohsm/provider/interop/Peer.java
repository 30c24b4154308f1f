package org.ferrohsm.provider.interop;

import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.spec.AlgorithmParameterSpec;
import javax.crypto.SecretKey;

/**
 * Another implementation, with software keys. Algorithms are named as in our provider; parameters are always given, so
 * that no default of anybody's decides.
 */
interface Peer {
    /** Whether it has the service at all. */
    boolean has(String engine, String algorithm);

    /** Whether it computes on this curve. */
    boolean hasCurve(String curve);

    byte[] sign(String algorithm, PrivateKey key, byte[] data) throws Exception;

    boolean verify(String algorithm, PublicKey key, byte[] data, byte[] signature) throws Exception;

    /** AES; {@code parameters} null, an IvParameterSpec or a GCMParameterSpec. */
    byte[] crypt(String transformation, boolean encrypt, SecretKey key, AlgorithmParameterSpec parameters, byte[] data)
        throws Exception;

    /** RSA; {@code parameters} null or an OAEPParameterSpec. */
    byte[] encrypt(String transformation, PublicKey key, AlgorithmParameterSpec parameters, byte[] data)
        throws Exception;

    byte[] decrypt(String transformation, PrivateKey key, AlgorithmParameterSpec parameters, byte[] data)
        throws Exception;

    /** AES key wrap. */
    byte[] wrap(String transformation, SecretKey wrapping, byte[] key) throws Exception;

    byte[] unwrap(String transformation, SecretKey wrapping, byte[] wrapped) throws Exception;

    byte[] mac(String algorithm, SecretKey key, byte[] data) throws Exception;

    byte[] agree(String algorithm, PrivateKey key, PublicKey peer) throws Exception;

    byte[] digest(String algorithm, byte[] data) throws Exception;
}
