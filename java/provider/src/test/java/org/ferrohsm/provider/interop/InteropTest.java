package org.ferrohsm.provider.interop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.Security;
import java.security.Signature;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.util.Arrays;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import javax.crypto.Cipher;
import javax.crypto.KeyAgreement;
import javax.crypto.KeyGenerator;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.ferrohsm.provider.VectorKeys;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every service understands, and is understood by, the JDK, Bouncy Castle and OpenSSL, as far as they have it. */
class InteropTest {
    private static final byte[] DATA = "sixteen bytes of data, thirty-two".getBytes(StandardCharsets.UTF_8);
    /** Whole blocks, for modes without padding. */
    private static final byte[] BLOCKS = Arrays.copyOf(DATA, 32);
    private static final List<String> CURVES =
        List.of("secp224r1", "secp256r1", "secp256k1", "secp384r1", "secp521r1");
    /** Services whose meetings are elsewhere, by how their names start. */
    private static final Map<String, String> ELSEWHERE = Map.of("Signature Ed25519ph", "Curve25519Test",
        "Signature ML-DSA", "MlTest", "KEM ", "KemEngineTest", "KDF ", "KdfTest", "Cipher RSAAESWrap", "WrapFormsTest",
        "Cipher AESAttributeWrap", "WrapFormsTest",
        "KeyAgreement ECDHwithX963", "DerivationTest");
    private static final BouncyCastleProvider BOUNCY_CASTLE = new BouncyCastleProvider();

    @TempDir
    private static Path directory;
    private static Provider provider;
    private static KeyPair hsmRsa;
    private static KeyPair softwareRsa;
    private static PrivateKey importedRsa;
    private static AutoCloseable legacyHsm;

    @BeforeAll
    static void keys() throws Exception {
        provider = VectorKeys.provider();
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA", provider);
        generator.initialize(2048);
        hsmRsa = generator.generateKeyPair();
        KeyPairGenerator software = KeyPairGenerator.getInstance("RSA", "SunRsaSign");
        software.initialize(2048);
        softwareRsa = software.generateKeyPair();
        importedRsa = VectorKeys.rsa(provider, softwareRsa.getPrivate().getEncoded());
        legacyHsm = VectorKeys.legacyHsm();
    }

    @AfterAll
    static void end() throws Exception {
        legacyHsm.close();
    }

    private static List<Peer> peers() {
        return List.of(
            new JcaPeer("JDK", Set.of("secp256r1", "secp384r1", "secp521r1"),
                List.of(Security.getProvider("SUN"), Security.getProvider("SunRsaSign"), Security.getProvider("SunEC"),
                    Security.getProvider("SunJCE"))),
            new JcaPeer("Bouncy Castle", Set.copyOf(CURVES), List.of(BOUNCY_CASTLE)),
            new OpenSslPeer(directory));
    }

    static Stream<Arguments> meetings(String engine) {
        List<Arguments> meetings = new ArrayList<>();
        for (Provider.Service service : VectorKeys.provider().getServices()) {
            for (Peer peer : peers()) {
                if (service.getType().equals(engine) && peer.has(engine, service.getAlgorithm())
                    && elsewhere(service) == null) {
                    meetings.add(Arguments.of(service.getAlgorithm(), peer));
                }
            }
        }
        return meetings.stream();
    }

    private static String elsewhere(Provider.Service service) {
        String name = service.getType() + ' ' + service.getAlgorithm();
        return ELSEWHERE.entrySet().stream().filter(entry -> name.startsWith(entry.getKey()))
            .map(Map.Entry::getValue).findAny().orElse(null);
    }

    static Stream<Arguments> signatures() {
        return meetings("Signature");
    }

    static Stream<Arguments> ciphers() {
        return meetings("Cipher");
    }

    static Stream<Arguments> macs() {
        return meetings("Mac");
    }

    static Stream<Arguments> agreements() {
        return meetings("KeyAgreement");
    }

    static Stream<Arguments> digests() {
        return meetings("MessageDigest");
    }

    @Test
    void everyServiceHasSomebodyToMeet() throws Exception {
        Set<String> alone = new TreeSet<>();
        for (Provider.Service service : provider.getServices()) {
            boolean met = Set.of("SecureRandom", "KeyStore", "KeyGenerator", "KeyPairGenerator", "KeyFactory",
                "SecretKeyFactory").contains(service.getType());
            String elsewhere = elsewhere(service);
            if (elsewhere != null) {
                Class.forName("org.ferrohsm.provider." + elsewhere);
                met = true;
            }
            for (Peer peer : peers()) {
                met |= peer.has(service.getType(), service.getAlgorithm());
            }
            if (!met) {
                alone.add(service.getType() + ' ' + service.getAlgorithm());
            }
        }
        assertEquals(Set.of(), alone);
    }

    private static byte[] dataFor(String algorithm) throws Exception {
        return algorithm.startsWith("NONE") ? MessageDigest.getInstance("SHA-256").digest(DATA) : DATA;
    }

    private static Signature ours(String algorithm) throws Exception {
        Signature signature = Signature.getInstance(algorithm, provider);
        if (algorithm.equals("RSASSA-PSS")) {
            signature.setParameter(JcaPeer.pss(algorithm));
        }
        return signature;
    }

    private static void sign(String algorithm, Peer peer, KeyPair hsm, KeyPair software) throws Exception {
        byte[] data = dataFor(algorithm);
        Signature ours = ours(algorithm);
        if (!algorithm.startsWith("SHA1")) {
            ours.initSign(hsm.getPrivate());
            ours.update(data);
            byte[] signed = ours.sign();
            assertTrue(peer.verify(algorithm, hsm.getPublic(), data, signed));
            signed[signed.length - 1] ^= 1;
            assertTrue(!peer.verify(algorithm, hsm.getPublic(), data, signed), "a wrong signature is right");
        }
        byte[] theirs = peer.sign(algorithm, software.getPrivate(), data);
        ours.initVerify(software.getPublic());
        ours.update(data);
        assertTrue(ours.verify(theirs));
    }

    @ParameterizedTest(name = "{0} with {1}")
    @MethodSource("signatures")
    void signatures(String algorithm, Peer peer) throws Exception {
        if (algorithm.equals("Ed25519")) {
            sign(algorithm, peer, pair(provider, algorithm), pair(BOUNCY_CASTLE, algorithm));
            return;
        }
        if (!algorithm.contains("ECDSA")) {
            sign(algorithm, peer, hsmRsa, softwareRsa);
            return;
        }
        for (String curve : CURVES) {
            if (peer.hasCurve(curve)) {
                KeyPair hsm = ec(provider, curve);
                sign(algorithm, peer, hsm, ec(BOUNCY_CASTLE, curve));
                VectorKeys.destroy(hsm.getPrivate());
            }
        }
    }

    private static KeyPair pair(Provider from, String algorithm) throws Exception {
        return KeyPairGenerator.getInstance(algorithm, from).generateKeyPair();
    }

    private static KeyPair ec(Provider from, String curve) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", from);
        generator.initialize(new ECGenParameterSpec(curve));
        return generator.generateKeyPair();
    }

    @ParameterizedTest(name = "{0} with {1}")
    @MethodSource("ciphers")
    void ciphers(String transformation, Peer peer) throws Exception {
        if (transformation.startsWith("RSA")) {
            rsa(transformation, peer);
            return;
        }
        if (transformation.equals("ChaCha20-Poly1305")) {
            SecretKey software = new SecretKeySpec(BLOCKS, "ChaCha20");
            crypt(provider, transformation + "/None/NoPadding", peer,
                VectorKeys.secret(provider, "ChaCha20", BLOCKS), software);
            return;
        }
        if (transformation.startsWith("DESede")) {
            byte[] bytes = Arrays.copyOf(MessageDigest.getInstance("SHA-256").digest(DATA), 24);
            Provider legacy = VectorKeys.provider(legacyHsm);
            SecretKey hsm = VectorKeys.secret(legacy, "DESede", bytes);
            crypt(legacy, transformation, peer, hsm, new SecretKeySpec(bytes, "DESede"));
            return;
        }
        int underscore = transformation.indexOf('_');
        for (int bits : new int[] {128, 192, 256}) {
            if (underscore < 0 || transformation.startsWith(bits + "/", underscore + 1)) {
                byte[] bytes = MessageDigest.getInstance("SHA-256").digest(new byte[] {(byte) bits});
                SecretKey software = new SecretKeySpec(Arrays.copyOf(bytes, bits / 8), "AES");
                SecretKey hsm = VectorKeys.secret(provider, "AES", software.getEncoded());
                if (transformation.contains("/KW")) {
                    wrap(transformation, peer, hsm, software);
                } else {
                    crypt(provider, transformation, peer, hsm, software);
                }
                VectorKeys.destroy(hsm);
            }
        }
    }

    private static byte[] run(String transformation, int mode, Key key, AlgorithmParameterSpec parameters, byte[] data)
        throws Exception {
        return run(provider, transformation, mode, key, parameters, data);
    }

    private static byte[] run(Provider by, String transformation, int mode, Key key, AlgorithmParameterSpec parameters,
        byte[] data) throws Exception {
        Cipher cipher = Cipher.getInstance(transformation, by);
        cipher.init(mode, key, parameters);
        return cipher.doFinal(data);
    }

    private static void crypt(Provider by, String transformation, Peer peer, SecretKey hsm, SecretKey software)
        throws Exception {
        String[] parts = transformation.split("/");
        byte[] data = transformation.matches(".*/(CBC|ECB)/NoPadding") ? BLOCKS : DATA;
        Cipher ours = Cipher.getInstance(transformation, by);
        ours.init(Cipher.ENCRYPT_MODE, hsm);
        byte[] encrypted = ours.doFinal(data);
        AlgorithmParameterSpec parameters = parts[1].equals("ECB") ? null
            : parts[1].equals("GCM") ? new GCMParameterSpec(128, ours.getIV()) : new IvParameterSpec(ours.getIV());
        assertArrayEquals(data, peer.crypt(transformation, false, software, parameters, encrypted));
        byte[] theirs = peer.crypt(transformation, true, software, parameters, data);
        assertArrayEquals(data, run(by, transformation, Cipher.DECRYPT_MODE, hsm, parameters, theirs));
    }

    private static void wrap(String transformation, Peer peer, SecretKey hsm, SecretKey software) throws Exception {
        byte[] bytes = Arrays.copyOf(DATA, 16);
        SecretKey target = VectorKeys.secret(provider, "AES", bytes);
        Cipher ours = Cipher.getInstance(transformation, provider);
        ours.init(Cipher.WRAP_MODE, hsm);
        assertArrayEquals(bytes, peer.unwrap(transformation, software, ours.wrap(target)));
        ours.init(Cipher.UNWRAP_MODE, hsm);
        SecretKey unwrapped =
            (SecretKey) ours.unwrap(peer.wrap(transformation, software, bytes), "AES", Cipher.SECRET_KEY);
        String ecb = "AES/ECB/PKCS5Padding";
        assertArrayEquals(run(ecb, Cipher.ENCRYPT_MODE, target, null, DATA),
            run(ecb, Cipher.ENCRYPT_MODE, unwrapped, null, DATA));
        VectorKeys.destroy(target);
        VectorKeys.destroy(unwrapped);
    }

    private static void rsa(String transformation, Peer peer) throws Exception {
        OAEPParameterSpec oaep = null;
        if (transformation.contains("OAEP")) {
            int with = transformation.indexOf("With");
            String hash = with < 0 ? "SHA-256" : transformation.substring(with + 4, transformation.indexOf("And"));
            oaep = new OAEPParameterSpec(hash, "MGF1", MGF1ParameterSpec.SHA1, PSource.PSpecified.DEFAULT);
        }
        byte[] data = transformation.endsWith("NoPadding") ? new byte[256] : DATA;
        System.arraycopy(DATA, 0, data, data.length - DATA.length, DATA.length);
        byte[] theirs = peer.encrypt(transformation, softwareRsa.getPublic(), oaep, data);
        byte[] decrypted = run(transformation, Cipher.DECRYPT_MODE, importedRsa, oaep, theirs);
        assertArrayEquals(data, decrypted);
        byte[] ours = run(transformation, Cipher.ENCRYPT_MODE, softwareRsa.getPublic(), oaep, data);
        byte[] back = peer.decrypt(transformation, softwareRsa.getPrivate(), oaep, ours);
        // Bouncy Castle gives raw RSA as a number, without leading zeros.
        assertArrayEquals(data, Arrays.equals(back, DATA) ? data : back);
    }

    @ParameterizedTest(name = "{0} with {1}")
    @MethodSource("macs")
    void macs(String algorithm, Peer peer) throws Exception {
        byte[] bytes = MessageDigest.getInstance("SHA-256").digest(DATA);
        SecretKey software = new SecretKeySpec(bytes, "AES");
        SecretKey hsm = VectorKeys.secret(provider, algorithm.contains("CMAC") ? "AES" : "GenericSecret", bytes);
        Mac mac = Mac.getInstance(algorithm, provider);
        mac.init(hsm);
        assertArrayEquals(peer.mac(algorithm, software, DATA), mac.doFinal(DATA));
        VectorKeys.destroy(hsm);
    }

    @ParameterizedTest(name = "{0} with {1}")
    @MethodSource("agreements")
    void agreements(String algorithm, Peer peer) throws Exception {
        boolean named = algorithm.startsWith("X");
        for (String curve : named ? List.of(algorithm) : CURVES) {
            if (!named && !peer.hasCurve(curve)) {
                continue;
            }
            KeyPair hsm = named ? pair(provider, curve) : ec(provider, curve);
            KeyPair software = named ? pair(Security.getProvider("SunEC"), curve) : ec(BOUNCY_CASTLE, curve);
            KeyAgreement ours = KeyAgreement.getInstance(algorithm, provider);
            ours.init(hsm.getPrivate());
            ours.doPhase(software.getPublic(), true);
            assertArrayEquals(peer.agree(algorithm, software.getPrivate(), hsm.getPublic()), ours.generateSecret());
            VectorKeys.destroy(hsm.getPrivate());
        }
    }

    @ParameterizedTest(name = "{0} with {1}")
    @MethodSource("digests")
    void digests(String algorithm, Peer peer) throws Exception {
        assertArrayEquals(peer.digest(algorithm, DATA), MessageDigest.getInstance(algorithm, provider).digest(DATA));
    }

    static Stream<String> keyGenerators() {
        return VectorKeys.provider().getServices().stream()
            .filter(service -> service.getType().equals("KeyGenerator")
                && service.getAlgorithm().matches("AES|GenericSecret|Hmac.*"))
            .map(Provider.Service::getAlgorithm);
    }

    /** A key that was made in the HSM does outside what it does inside. */
    @ParameterizedTest
    @MethodSource("keyGenerators")
    void generatedSecretKeys(String algorithm) throws Exception {
        SecretKey hsm = KeyGenerator.getInstance(algorithm, VectorKeys.extractable()).generateKey();
        Cipher wrapper = Cipher.getInstance("RSA/ECB/OAEPPadding", provider);
        wrapper.init(Cipher.WRAP_MODE, softwareRsa.getPublic());
        Cipher unwrapper = Cipher.getInstance("RSA/ECB/OAEPPadding", "SunJCE");
        unwrapper.init(Cipher.UNWRAP_MODE, softwareRsa.getPrivate());
        Key software = unwrapper.unwrap(wrapper.wrap(hsm), algorithm, Cipher.SECRET_KEY);
        if (algorithm.equals("AES")) {
            Cipher jdk = Cipher.getInstance("AES/ECB/PKCS5Padding", "SunJCE");
            jdk.init(Cipher.ENCRYPT_MODE, software);
            assertArrayEquals(jdk.doFinal(DATA), run("AES/ECB/PKCS5Padding", Cipher.ENCRYPT_MODE, hsm, null, DATA));
        } else {
            Mac jdk = Mac.getInstance("HmacSHA256", "SunJCE");
            jdk.init(software);
            Mac ours = Mac.getInstance("HmacSHA256", provider);
            ours.init(hsm);
            assertArrayEquals(jdk.doFinal(DATA), ours.doFinal(DATA));
        }
    }

    /** Private keys of the JDK's and of Bouncy Castle's come in through the KeyFactory. */
    @Test
    void importedPrivateKeysOfOthers() throws Exception {
        for (String curve : CURVES) {
            KeyPair software = ec(BOUNCY_CASTLE, curve);
            PrivateKey imported = (PrivateKey) KeyFactory.getInstance("EC", provider).translateKey(software.getPrivate());
            sign("SHA256withECDSA", peers().get(1), new KeyPair(software.getPublic(), imported), software);
        }
        PrivateKey imported = (PrivateKey) KeyFactory.getInstance("RSA", provider).translateKey(softwareRsa.getPrivate());
        sign("SHA256withRSA", peers().get(0), new KeyPair(softwareRsa.getPublic(), imported), softwareRsa);
    }
}
