package org.ferrohsm.provider.vectors;

import static org.ferrohsm.provider.vectors.AesVectors.concat;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.ProviderException;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import javax.crypto.BadPaddingException;
import javax.crypto.Cipher;
import javax.crypto.KeyAgreement;
import javax.crypto.SecretKey;
import javax.crypto.spec.IvParameterSpec;
import javax.security.auth.Destroyable;
import org.ferrohsm.provider.VectorKeys;
import org.ferrohsm.provider.spec.MlDsaParameterSpec;

/** Curve25519, ML-DSA, ML-KEM, ChaCha20-Poly1305 and triple DES. */
final class NewerKeyVectors {
    private static final byte[] ED25519_PRIVATE = VectorFile.hex("302e020100300506032b657004220420");
    private static final byte[] ED25519_PUBLIC = VectorFile.hex("302a300506032b6570032100");
    private static final byte[] X25519_PRIVATE = VectorFile.hex("302e020100300506032b656e04220420");
    private static final byte[] X25519_PUBLIC = VectorFile.hex("302a300506032b656e032100");
    /** PKCS#8 of a seed (RFC 9935), up to the last byte of the identifier. */
    private static final byte[] ML_KEM_PRIVATE = VectorFile.hex("3054020100300b06096086480165030404");
    /** SubjectPublicKeyInfo of ML-DSA by length of the key: the set's name and what is before the key. */
    private static final Map<Integer, String[]> ML_DSA = Map.of(
        1312, new String[] {"ML-DSA-44", "30820532300b06096086480165030403110382052100"},
        1952, new String[] {"ML-DSA-65", "308207b2300b0609608648016503040312038207a100"},
        2592, new String[] {"ML-DSA-87", "30820a32300b060960864801650304031303820a2100"});
    private static final int MU_BYTES = 64;

    private final Provider provider;
    private final Tally tally;

    NewerKeyVectors(Provider provider, Tally tally) {
        this.provider = provider;
        this.tally = tally;
    }

    private boolean verify(String algorithm, PublicKey key, byte[] data, byte[] signature)
        throws GeneralSecurityException {
        Signature verifier = Signature.getInstance(algorithm, provider);
        verifier.initVerify(key);
        verifier.update(data);
        try {
            return verifier.verify(signature);
        } catch (SignatureException e) {
            return false; // JCA's way to say that it is malformed
        }
    }

    void ed25519(VectorFile file) throws GeneralSecurityException {
        for (VectorFile.Group group : file.groups()) {
            PublicKey key = KeyFactory.getInstance("Ed25519", provider)
                .generatePublic(new X509EncodedKeySpec(group.bytes("publicKeyDer")));
            for (VectorFile.Vector vector : group.vectors()) {
                tally.judge("Signature", "Ed25519", file, vector,
                    verify("Ed25519", key, vector.bytes("msg"), vector.bytes("sig")));
            }
        }
    }

    /** RFC 8032, 7.3. */
    void ed25519ph() throws GeneralSecurityException {
        byte[] seed = VectorFile.hex("833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42");
        byte[] point = VectorFile.hex("ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf");
        byte[] expected = VectorFile.hex("98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae41"
            + "31f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406");
        byte[] message = {'a', 'b', 'c'};
        KeyFactory factory = KeyFactory.getInstance("Ed25519", provider);
        PrivateKey key = factory.generatePrivate(new PKCS8EncodedKeySpec(concat(ED25519_PRIVATE, seed)));
        Signature signer = Signature.getInstance("Ed25519ph", provider);
        signer.initSign(key);
        signer.update(message);
        PublicKey publicKey = factory.generatePublic(new X509EncodedKeySpec(concat(ED25519_PUBLIC, point)));
        tally.published("Signature", "Ed25519ph", "RFC 8032, 7.3", Arrays.equals(expected, signer.sign())
            && verify("Ed25519ph", publicKey, message, expected)
            && !verify("Ed25519ph", publicKey, new byte[3], expected));
        VectorKeys.destroy(key);
    }

    void x25519(VectorFile file) throws GeneralSecurityException {
        KeyFactory factory = KeyFactory.getInstance("X25519", provider);
        for (VectorFile.Vector vector : file.groups().get(0).vectors()) {
            PrivateKey key =
                factory.generatePrivate(new PKCS8EncodedKeySpec(concat(X25519_PRIVATE, vector.bytes("private"))));
            boolean accepted;
            try {
                KeyAgreement agreement = KeyAgreement.getInstance("X25519", provider);
                agreement.init(key);
                agreement.doPhase(
                    factory.generatePublic(new X509EncodedKeySpec(concat(X25519_PUBLIC, vector.bytes("public")))), true);
                accepted = Arrays.equals(vector.bytes("shared"), agreement.generateSecret());
                if (!accepted) {
                    tally.wrong("X25519 vector " + vector.id() + ": another secret");
                }
            } catch (GeneralSecurityException | ProviderException e) {
                accepted = false;
            }
            tally.judge("KeyAgreement", "X25519", file, vector, accepted);
            VectorKeys.destroy((Destroyable) key);
        }
    }

    private PublicKey mlDsaKey(byte[] key) throws GeneralSecurityException {
        String[] set = ML_DSA.get(key.length);
        if (set == null) {
            throw new InvalidKeySpecException("No set of ML-DSA has keys of " + key.length + " bytes");
        }
        return KeyFactory.getInstance(set[0], provider)
            .generatePublic(new X509EncodedKeySpec(concat(VectorFile.hex(set[1]), key)));
    }

    void mlDsa(VectorFile file) throws GeneralSecurityException {
        List<String> names = List.of("ML-DSA", "ML-DSA-" + file.name().substring(6, 8));
        for (VectorFile.Group group : file.groups()) {
            PublicKey key;
            try {
                key = mlDsaKey(group.bytes("publicKey"));
            } catch (InvalidKeySpecException e) {
                key = null;
            }
            for (VectorFile.Vector vector : group.vectors()) {
                byte[] context = vector.has("ctx") ? vector.bytes("ctx") : new byte[0];
                for (String name : names) {
                    tally.judge("Signature", name, file, vector,
                        key != null && verify(name, key, context, vector.bytes("msg"), vector.bytes("sig")));
                }
            }
        }
    }

    private boolean verify(String name, PublicKey key, byte[] context, byte[] data, byte[] signature)
        throws GeneralSecurityException {
        if (context.length == 0) {
            return verify(name, key, data, signature);
        }
        MlDsaParameterSpec spec;
        try {
            spec = new MlDsaParameterSpec(context);
        } catch (IllegalArgumentException e) {
            return false; // longer than 255 bytes
        }
        Signature verifier = Signature.getInstance(name, provider);
        verifier.initVerify(key);
        verifier.setParameter(spec);
        verifier.update(data);
        try {
            return verifier.verify(signature);
        } catch (SignatureException e) {
            return false;
        }
    }

    /** Valid signatures of the sets for signing, verified over their mu, and with their contexts. */
    void mlDsaMu(VectorFile file) throws GeneralSecurityException {
        for (VectorFile.Group group : file.groups()) {
            for (VectorFile.Vector vector : group.vectors()) {
                if (vector.isValid() && vector.has("mu") && vector.bytes("mu").length == MU_BYTES) {
                    tally.judge("Signature", "ML-DSA-EXTERNAL-MU", file, vector, verify("ML-DSA-EXTERNAL-MU",
                        mlDsaKey(group.bytes("publicKey")), vector.bytes("mu"), vector.bytes("sig")));
                }
                if (vector.isValid() && vector.has("ctx") && vector.has("msg")) {
                    tally.judge("Signature", "ML-DSA", file, vector, verify("ML-DSA",
                        mlDsaKey(group.bytes("publicKey")), vector.bytes("ctx"), vector.bytes("msg"), vector.bytes("sig")));
                }
            }
        }
    }

    void chaCha20(VectorFile file) throws GeneralSecurityException {
        String name = "ChaCha20-Poly1305";
        for (VectorFile.Group group : file.groups()) {
            for (VectorFile.Vector vector : group.vectors()) {
                byte[] iv = vector.bytes("iv");
                SecretKey key = VectorKeys.secret(provider, "ChaCha20", vector.bytes("key"));
                byte[] sealed = concat(vector.bytes("ct"), vector.bytes("tag"));
                boolean accepted;
                try {
                    accepted = Arrays.equals(vector.bytes("msg"), aead(name, Cipher.DECRYPT_MODE, key, vector, sealed))
                        && Arrays.equals(sealed, aead(name, Cipher.ENCRYPT_MODE, key, vector, vector.bytes("msg")));
                } catch (BadPaddingException e) {
                    accepted = false;
                } catch (GeneralSecurityException e) {
                    if (iv.length == 12) {
                        throw e;
                    }
                    accepted = false;
                }
                tally.judge("Cipher", name, file, vector, accepted);
                VectorKeys.destroy(key);
            }
        }
    }

    private byte[] aead(String name, int mode, SecretKey key, VectorFile.Vector vector, byte[] data)
        throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance(name, provider);
        cipher.init(mode, key, new IvParameterSpec(vector.bytes("iv")));
        cipher.updateAAD(vector.bytes("aad"));
        return cipher.doFinal(data);
    }

    /** Decapsulation, by reflection: javax.crypto.KEM is there from JDK 21 on. */
    void mlKem(VectorFile file) throws Exception {
        String set = "ML-KEM-" + file.name().replaceAll("\\D", "");
        if (!tally.has("KEM", set)) {
            return;
        }
        byte last = (byte) List.of("ML-KEM-512", "ML-KEM-768", "ML-KEM-1024").indexOf(set);
        byte[] start = concat(ML_KEM_PRIVATE, new byte[] {(byte) (last + 1), 4, 0x42, (byte) 0x80, 0x40});
        KeyFactory factory = KeyFactory.getInstance(set, provider);
        for (VectorFile.Group group : file.groups()) {
            for (VectorFile.Vector vector : group.vectors()) {
                PrivateKey key = null;
                for (String name : List.of("ML-KEM", set)) {
                    boolean accepted;
                    try {
                        if (key == null) {
                            key = factory.generatePrivate(
                                new PKCS8EncodedKeySpec(concat(start, vector.bytes("seed"))));
                        }
                        Object kem = Class.forName("javax.crypto.KEM")
                            .getMethod("getInstance", String.class, Provider.class).invoke(null, name, provider);
                        Object decapsulator = call(kem, "newDecapsulator", key);
                        SecretKey shared = (SecretKey) call(decapsulator, "decapsulate", (Object) vector.bytes("c"));
                        accepted = Arrays.equals(vector.bytes("K"), shared.getEncoded());
                    } catch (GeneralSecurityException e) {
                        accepted = false;
                    }
                    tally.judge("KEM", name, file, vector, accepted);
                }
                if (key != null) {
                    VectorKeys.destroy((Destroyable) key);
                }
            }
        }
    }

    private static Object call(Object target, String name, Object... arguments) throws Exception {
        for (Method method : Class.forName(target.getClass().getName()).getMethods()) {
            if (method.getName().equals(name) && method.getParameterCount() == arguments.length) {
                try {
                    return method.invoke(target, arguments);
                } catch (InvocationTargetException e) {
                    throw (Exception) e.getCause();
                }
            }
        }
        throw new NoSuchMethodException(name);
    }

    /** SP 800-67, appendix B; in CBC mode with the plaintext that gives the same input of each block. */
    void tripleDes() throws Exception {
        byte[] plain = VectorFile.hex("5468652071756663" + "6b2062726f776e20" + "666f78206a756d70");
        byte[] encrypted = VectorFile.hex("a826fd8ce53b855f" + "cce21c8112256fe6" + "68d5c05dd9b6b900");
        byte[] chained = plain.clone();
        for (int i = 8; i < chained.length; i++) {
            chained[i] ^= encrypted[i - 8];
        }
        try (AutoCloseable hsm = VectorKeys.legacyHsm()) {
            Provider legacy = VectorKeys.provider(hsm);
            SecretKey key = VectorKeys.secret(legacy, "DESede",
                VectorFile.hex("0123456789abcdef" + "23456789abcdef01" + "456789abcdef0123"));
            for (String mode : List.of("ECB", "CBC")) {
                IvParameterSpec iv = mode.equals("CBC") ? new IvParameterSpec(new byte[8]) : null;
                byte[] data = iv == null ? plain : chained;
                for (String padding : List.of("NoPadding", "PKCS5Padding")) {
                    String name = "DESede/" + mode + '/' + padding;
                    Cipher cipher = Cipher.getInstance(name, legacy);
                    cipher.init(Cipher.ENCRYPT_MODE, key, iv);
                    byte[] output = cipher.doFinal(data);
                    cipher.init(Cipher.DECRYPT_MODE, key, iv);
                    tally.published("Cipher", name, "SP 800-67",
                        Arrays.equals(encrypted, Arrays.copyOf(output, encrypted.length))
                            && Arrays.equals(data, cipher.doFinal(output)));
                }
            }
        }
    }
}
