/**
 * A JCE provider over keys that stay in an HSM. {@link org.ferrohsm.provider.FerroHsmProvider} is the way in; everything
 * else is reached through the JCA.
 *
 * <p>Where it behaves otherwise than the JDK's own providers:
 * <ul>
 * <li>KeyPairGenerator, KeyGenerator, KeyFactory, SecretKeyFactory and SecureRandom answer only when the provider is
 *     named. Signature, Cipher, Mac and KeyAgreement are also found by a key of this provider.
 * <li>Private and secret keys have no encoding, cannot be serialized, and are no {@code RSAPrivateKey} or
 *     {@code ECPrivateKey}. Public keys are the JDK's.
 * <li>Generated, imported and unwrapped keys are session keys: they end with the login. A KeyStore entry makes a key
 *     last. {@code destroy()} deletes a session key in the HSM.
 * <li>Private and secret keys of other providers are refused with an {@link java.security.InvalidKeyException}. To import
 *     one, give it to a KeyFactory or SecretKeyFactory of this provider; nothing is imported by itself.
 * <li>AES-GCM encryption takes its IV from the HSM; the caller's own only where the key has {@code allow-caller-iv}. An
 *     empty IV in {@code GCMParameterSpec} means none. Each encryption needs an {@code init} of its own.
 * <li>AES-GCM and MACs take less than 1 MiB in one operation. CBC, CTR and ECB take any amount.
 * <li>RSA keys have 2048, 3072 (default) or 4096 bits and the public exponent 65537. The default curve is P-256. SHA-1
 *     signatures are verified, never made.
 * <li>Ciphers wrap keys that are in the HSM and unwrap keys into it; keys outside are not wrapped.
 * <li>PKCS#1 v1.5 decryption and raw RSA need a key whose {@code allowed-mechanisms} name them.
 * <li>Virtual threads wait in Java, not in native code.
 * </ul>
 */
package org.ferrohsm.provider;
