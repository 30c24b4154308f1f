/**
 * A JCE provider over keys that stay in an HSM. {@link org.ferrohsm.provider.FerroHsmProvider} is the way in; everything
 * else is reached through the JCA.
 *
 * <p>Where it behaves otherwise than the JDK's own providers:
 * <ul>
 * <li>KeyPairGenerator, KeyGenerator, KeyFactory, SecretKeyFactory and SecureRandom answer only when the provider is
 *     named. Signature, Cipher, Mac, KeyAgreement and KDF are also found by a key of this
 *     provider.
 * <li>Private and secret keys have no encoding, cannot be serialized, and are no {@code RSAPrivateKey} or
 *     {@code ECPrivateKey}. Public keys of pairs in the HSM are ordinary public keys, for every provider.
 * <li>Generated, imported and unwrapped keys are session keys: they end with the login. A KeyStore entry or the
 *     attribute {@code TOKEN} makes a key last. {@code destroy()} deletes the key in the HSM for good: session keys, and
 *     token keys that were looked up or made as such. {@code DESTROYABLE=false} protects a key.
 * <li>Private and secret keys of other providers are refused with an {@link java.security.InvalidKeyException}. To import
 *     one, give it to a KeyFactory or SecretKeyFactory of this provider; nothing is imported by itself.
 * <li>AES-GCM encryption takes its IV from the HSM; the caller's own only where the key has {@code allow-caller-iv}. An
 *     empty IV in {@code GCMParameterSpec} means none. Each encryption needs an {@code init} of its own.
 * <li>Data may have any length, but an AES-GCM decryption gives at most 64 MiB, since nothing comes out before the tag
 *     was checked; the {@code update} that goes over it throws a {@link java.security.ProviderException}. A GCM
 *     encryption gives nothing until more than 983,040 bytes have come, then ciphertext in pieces of 256 KiB.
 * <li>An AES-GCM encryption or MAC of more than 983,040 bytes lives in one HSM: if that is lost in the middle, a
 *     {@link java.security.ProviderException} says so, and the operation must begin again.
 * <li>After a failed {@code init} or {@code update}, a Cipher or Mac throws {@link IllegalStateException}, a Signature
 *     {@link java.security.SignatureException}, until the next {@code init} (a Mac also until {@code reset}).
 * <li>A secret that is not AES comes back from the KeyStore with the algorithm {@code GenericSecret}, whatever HMAC it
 *     was made for; Mac takes it for every HMAC.
 * <li>RSA keys have 2048 to 4096 bits in steps of 256 (default 3072) and the public exponent 65537. The default curve is
 *     P-256. SHA-1 signatures are verified, never made.
 * <li>Ciphers wrap keys that are in the HSM and unwrap keys into it; keys outside are not wrapped.
 * <li>PKCS#1 v1.5 decryption and raw RSA need a key whose {@code allowed-mechanisms} name them.
 * <li>Virtual threads wait in Java, not in native code.
 * </ul>
 */
package org.ferrohsm.provider;
