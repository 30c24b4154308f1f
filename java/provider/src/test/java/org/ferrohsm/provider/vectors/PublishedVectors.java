package org.ferrohsm.provider.vectors;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.Provider;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.IvParameterSpec;
import org.ferrohsm.provider.VectorKeys;

/** What Wycheproof has no vectors for: values from the standards. */
final class PublishedVectors {
    /** SP 800-38A, appendix F. */
    private static final String PLAINTEXT = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
        + "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";
    private static final Map<Integer, String> KEYS = Map.of(128, "2b7e151628aed2a6abf7158809cf4f3c",
        192, "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
        256, "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");
    private static final Map<Integer, String> ECB = Map.of(
        128, "3ad77bb40d7a3660a89ecaf32466ef97f5d3d58503b9699de785895a96fdbaaf"
            + "43b1cd7f598ece23881b00e3ed0306887b0c785e27e8ad3f8223207104725dd4",
        192, "bd334f1d6e45f25ff712a214571fa5cc974104846d0ad3ad7734ecb3ecee4eef"
            + "ef7afd2270e2e60adce0ba2face6444e9a4b41ba738d6c72fb16691603c18e0e",
        256, "f3eed1bdb5d2a03c064b5a7e3db181f8591ccb10d410ed26dc5ba74a31362870"
            + "b6ed21b99ca6f4f9f153e7b1beafed1d23304b7a39f9f3ff067d8d8f9e24ecc7");
    private static final Map<Integer, String> CTR = Map.of(
        128, "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff"
            + "5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee",
        192, "1abc932417521ca24f2b0459fe7e6e0b090339ec0aa6faefd5ccc2c6f4ce8e94"
            + "1e36b26bd1ebc670d1bd1d665620abf74f78a7f6d29809585a97daec58c6b050",
        256, "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5"
            + "2b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6");
    private static final String COUNTER = "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff";
    /** FIPS 180-4's example message "abc". */
    private static final Map<String, String> DIGESTS = Map.of(
        "SHA-1", "a9993e364706816aba3e25717850c26c9cd0d89d",
        "SHA-224", "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7",
        "SHA-256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "SHA-384", "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
        "SHA-512", "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
    /** RFC 6979, A.2.5: P-256, SHA-1, the message "sample". */
    private static final String EC_X = "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6";
    private static final String EC_Y = "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";
    private static final String EC_R = "61340c88c3aaebeb4f6d667f672ca9759a6ccaa9fa8811313039ee4a35471d32";
    private static final String EC_S = "6d7f147dac089441bb2e2fe8f7a3fa264b9c475098fdcf6e00d7c996e1b8b7eb";

    private final Provider provider;
    private final Tally tally;

    PublishedVectors(Provider provider, Tally tally) {
        this.provider = provider;
        this.tally = tally;
    }

    void aesModes() throws GeneralSecurityException {
        for (int bits : KEYS.keySet()) {
            SecretKey key = VectorKeys.secret(provider, "AES", VectorFile.hex(KEYS.get(bits)));
            for (String name : List.of("AES/ECB/NoPadding", "AES_" + bits + "/ECB/NoPadding")) {
                aes(name, key, null, ECB.get(bits));
            }
            aes("AES/CTR/NoPadding", key, new IvParameterSpec(VectorFile.hex(COUNTER)), CTR.get(bits));
            padded(key, ECB.get(bits));
            VectorKeys.destroy(key);
        }
    }

    private void aes(String name, SecretKey key, IvParameterSpec iv, String expected) throws GeneralSecurityException {
        byte[] plaintext = VectorFile.hex(PLAINTEXT);
        byte[] encrypted = VectorFile.hex(expected);
        Cipher cipher = Cipher.getInstance(name, provider);
        cipher.init(Cipher.ENCRYPT_MODE, key, iv);
        boolean right = Arrays.equals(encrypted, cipher.doFinal(plaintext));
        cipher.init(Cipher.DECRYPT_MODE, key, iv);
        right &= Arrays.equals(plaintext, cipher.doFinal(encrypted));
        tally.published("Cipher", name, "SP 800-38A", right);
    }

    /** Whole blocks are followed by a block of padding, which decrypts alone to nothing. */
    private void padded(SecretKey key, String expected) throws GeneralSecurityException {
        String name = "AES/ECB/PKCS5Padding";
        byte[] encrypted = VectorFile.hex(expected);
        Cipher cipher = Cipher.getInstance(name, provider);
        cipher.init(Cipher.ENCRYPT_MODE, key);
        byte[] whole = cipher.doFinal(VectorFile.hex(PLAINTEXT));
        cipher.init(Cipher.DECRYPT_MODE, key);
        tally.published("Cipher", name, "SP 800-38A and a block of padding", whole.length == encrypted.length + 16
            && Arrays.equals(encrypted, Arrays.copyOf(whole, encrypted.length))
            && cipher.doFinal(Arrays.copyOfRange(whole, encrypted.length, whole.length)).length == 0);
    }

    void digests() throws GeneralSecurityException {
        for (Map.Entry<String, String> entry : DIGESTS.entrySet()) {
            byte[] digest = MessageDigest.getInstance(entry.getKey(), provider)
                .digest("abc".getBytes(StandardCharsets.US_ASCII));
            tally.published("MessageDigest", entry.getKey(), "FIPS 180-4",
                Arrays.equals(VectorFile.hex(entry.getValue()), digest));
        }
    }

    void sha1Signatures() throws Exception {
        AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC", "SunEC");
        parameters.init(new ECGenParameterSpec("secp256r1"));
        PublicKey key = KeyFactory.getInstance("EC", provider).generatePublic(new ECPublicKeySpec(
            new ECPoint(new BigInteger(EC_X, 16), new BigInteger(EC_Y, 16)),
            parameters.getParameterSpec(ECParameterSpec.class)));
        byte[] plain = VectorFile.hex(EC_R + EC_S);
        // Neither r nor s has its highest bit set, so both stand in DER as they are.
        byte[] der = VectorFile.hex("30440220" + EC_R + "0220" + EC_S);
        byte[] message = "sample".getBytes(StandardCharsets.US_ASCII);
        verify("SHA1withECDSA", key, message, der, "RFC 6979, A.2.5");
        verify("SHA1withECDSAinP1363Format", key, message, plain, "RFC 6979, A.2.5");
        int roots = 0;
        KeyStore store = KeyStore.getInstance(new java.io.File(System.getProperty("java.home"), "lib/security/cacerts"),
            (char[]) null);
        for (String alias : Collections.list(store.aliases())) {
            if (store.getCertificate(alias) instanceof X509Certificate root && root.getSigAlgName().equals("SHA1withRSA")
                && root.getSubjectX500Principal().equals(root.getIssuerX500Principal())) {
                verify("SHA1withRSA", root.getPublicKey(), root.getTBSCertificate(), root.getSignature(),
                    "root certificate " + alias);
                roots++;
            }
        }
        if (roots == 0) {
            tally.wrong("SHA1withRSA: this JDK has no root certificate that is signed with it");
        }
    }

    private void verify(String name, PublicKey key, byte[] message, byte[] signature, String source)
        throws GeneralSecurityException {
        Signature verifier = Signature.getInstance(name, provider);
        verifier.initVerify(key);
        verifier.update(message);
        boolean right = verifier.verify(signature);
        verifier.initVerify(key);
        verifier.update(message);
        verifier.update((byte) 0);
        tally.published("Signature", name, source, right && !verifier.verify(signature));
    }
}
