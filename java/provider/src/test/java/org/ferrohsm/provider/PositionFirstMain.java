package org.ferrohsm.provider;

import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Security;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.PSSParameterSpec;
import java.util.Base64;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import javax.crypto.Cipher;
import javax.crypto.KeyAgreement;
import javax.crypto.KeyGenerator;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/**
 * Everyday work of a JVM that has FerroHSM as its first provider. Arguments: a folder with rsa.p12, ec.p12 (password
 * "changeit") and rsa.pem/rsa.key, made by other tools; "up" if there is an HSM to reach, whose keys then work beside them.
 */
final class PositionFirstMain {
    private static final char[] PASSWORD = "changeit".toCharArray();

    private PositionFirstMain() {
    }

    private interface Check {
        void run() throws Exception;
    }

    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[0]);
        Security.insertProviderAt(new FerroHsmProvider(), 1);
        require(Security.getProviders()[0] instanceof FerroHsmProvider, "FerroHSM is not first");
        check("random", PositionFirstMain::random);
        check("pem", () -> pem(folder));
        check("generators", PositionFirstMain::generators);
        check("keys chosen late", () -> late(folder));
        check("derivations", PositionFirstMain::derivations);
        if (arguments.length > 1 && arguments[1].equals("up")) {
            check("own derivation", PositionFirstMain::ownDerivation);
        }
        for (String type : new String[] {"rsa", "ec"}) {
            KeyStore store = KeyStore.getInstance("PKCS12");
            check("pkcs12 " + type, () -> {
                try (InputStream in = Files.newInputStream(folder.resolve(type + ".p12"))) {
                    store.load(in, PASSWORD);
                }
            });
            for (String protocol : new String[] {"TLSv1.3", "TLSv1.2"}) {
                check(protocol + ' ' + type, () -> handshake(protocol, store, store));
            }
            if (arguments.length > 1 && arguments[1].equals("up")) {
                ownKeys(type, store);
            }
        }
    }

    /** A key of the HSM's at one end of the connection, the software key at the other. */
    private static void ownKeys(String type, KeyStore software) throws Exception {
        KeyStore own = KeyStore.getInstance("FERROHSM");
        own.load(null, null);
        KeyPairGenerator generator = KeyPairGenerator.getInstance(type.toUpperCase(Locale.ROOT), "FerroHSM");
        generator.initialize(type.equals("rsa") ? 2048 : 256);
        KeyPair pair = generator.generateKeyPair();
        Certificate certificate = TestCertificates.selfSigned("own " + type, pair.getPublic(), pair.getPrivate());
        own.setKeyEntry("own", pair.getPrivate(), null, new Certificate[] {certificate});
        require(own.getKey("own", null) instanceof FerroHsmKey, "the key is not in the HSM");
        require(!(software.getKey(software.aliases().nextElement(), PASSWORD) instanceof FerroHsmKey), "software");
        for (String protocol : new String[] {"TLSv1.3", "TLSv1.2"}) {
            check(protocol + ' ' + type + " own server key", () -> handshake(protocol, own, software));
            check(protocol + ' ' + type + " own client key", () -> handshake(protocol, software, own));
        }
        own.deleteEntry("own");
    }

    private static void check(String name, Check check) {
        try {
            check.run();
            System.out.println("ok " + name);
        } catch (Throwable e) {
            System.out.println("FAILED " + name);
            e.printStackTrace(System.out);
        }
    }

    private static void require(boolean condition, String what) {
        if (!condition) {
            throw new IllegalStateException(what);
        }
    }

    private static void random() throws Exception {
        SecureRandom random = new SecureRandom();
        random.nextBytes(new byte[32]);
        require(!(random.getProvider() instanceof FerroHsmProvider), "new SecureRandom() is the HSM's");
        SecureRandom.getInstanceStrong();
        Security.getAlgorithms("SecureRandom").forEach(name -> require(!name.equals("AES-CTR-DRBG"), name));
    }

    private static void pem(Path folder) throws Exception {
        String text = Files.readString(folder.resolve("rsa.key")).replaceAll("-----[A-Z ]+-----|\\s", "");
        PrivateKey key = KeyFactory.getInstance("RSA")
            .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(text)));
        require(!(key instanceof FerroHsmKey), "a PEM key went into the HSM");
        Certificate certificate;
        try (InputStream in = Files.newInputStream(folder.resolve("rsa.pem"))) {
            certificate = CertificateFactory.getInstance("X.509").generateCertificate(in);
        }
        certificate.verify(certificate.getPublicKey());
    }

    private static void generators() throws Exception {
        require(!(KeyGenerator.getInstance("AES").getProvider() instanceof FerroHsmProvider), "KeyGenerator");
        require(!(KeyPairGenerator.getInstance("EC").getProvider() instanceof FerroHsmProvider), "KeyPairGenerator");
        require(!(KeyFactory.getInstance("EC").getProvider() instanceof FerroHsmProvider), "KeyFactory");
        require(KeyGenerator.getInstance("AES", "FerroHSM").getProvider() instanceof FerroHsmProvider, "by name");
        require(SecureRandom.getInstance("AES-CTR-DRBG", "FerroHSM").getProvider() instanceof FerroHsmProvider,
            "SecureRandom by name");
    }

    /** Objects that ask for something before they know their key, which binds them to the first provider. */
    private static void late(Path folder) throws Exception {
        SecretKey aes = new SecretKeySpec(new byte[16], "AES");
        Cipher cipher = Cipher.getInstance("AES/CBC/PKCS5Padding");
        IvParameterSpec iv = new IvParameterSpec(new byte[cipher.getBlockSize()]);
        cipher.init(Cipher.ENCRYPT_MODE, aes, iv);
        byte[] encrypted = cipher.doFinal(new byte[20]);
        cipher.init(Cipher.DECRYPT_MODE, aes, iv);
        require(cipher.doFinal(encrypted).length == 20, "Cipher");
        Mac mac = Mac.getInstance("HmacSHA256");
        require(mac.getMacLength() == 32, "length of a MAC");
        mac.init(aes);
        require(mac.doFinal(new byte[3]).length == 32, "Mac");
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        KeyPair rsa = generator.generateKeyPair();
        Signature pss = Signature.getInstance("RSASSA-PSS");
        pss.setParameter(new PSSParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, 32, 1));
        require(pss.getParameters() != null, "parameters of PSS");
        pss.initSign(rsa.getPrivate());
        pss.update((byte) 1);
        byte[] signed = pss.sign();
        pss.initVerify(rsa.getPublic());
        pss.update((byte) 1);
        require(pss.verify(signed), "PSS");
        Cipher wrap = Cipher.getInstance("RSA/ECB/OAEPPadding");
        wrap.getProvider();
        wrap.init(Cipher.WRAP_MODE, rsa.getPublic());
        KeyPair ec = KeyPairGenerator.getInstance("EC").generateKeyPair();
        Signature ecdsa = Signature.getInstance("SHA256withECDSA");
        ecdsa.getProvider();
        ecdsa.initSign(ec.getPrivate());
        ecdsa.update((byte) 1);
        ecdsa.sign();
        KeyAgreement agreement = KeyAgreement.getInstance("ECDH");
        agreement.getProvider();
        agreement.init(ec.getPrivate());
        agreement.doPhase(ec.getPublic(), true);
        require(agreement.generateSecret().length > 0, "KeyAgreement");
    }

    /** A derivation from software keys, chosen by them, and bound to the first provider before they are known. */
    private static void derivations() throws Exception {
        if (!KdfCalls.areThere()) {
            return;
        }
        SecretKey software = new SecretKeySpec(new byte[32], "Generic");
        byte[] expected = KdfCalls.deriveData(KdfCalls.get("HKDF-SHA256", Security.getProvider("SunJCE")),
            KdfCalls.both(software, new byte[3], new byte[4], 40));
        for (boolean bound : new boolean[] {false, true}) {
            Object kdf = KdfCalls.get("HKDF-SHA256");
            require(!bound || KdfCalls.providerName(kdf).equals("FerroHSM"), "a KDF that is asked early");
            byte[] derived = KdfCalls.deriveData(kdf, KdfCalls.both(software, new byte[3], new byte[4], 40));
            require(java.util.Arrays.equals(expected, derived), "KDF");
            require(KdfCalls.deriveKey(kdf, "AES", KdfCalls.expand(software, null, 32)).getEncoded() != null, "KDF key");
            require(bound || KdfCalls.providerName(kdf).equals("SunJCE"), "FerroHSM was chosen for software keys");
        }
    }

    /** A key of the HSM's is found by the same way, and software keys after it. */
    private static void ownDerivation() throws Exception {
        if (!KdfCalls.areThere()) {
            return;
        }
        SecretKey own = KdfCalls.base(Security.getProvider("FerroHSM"), new byte[32]);
        Object kdf = KdfCalls.get("HKDF-SHA384");
        SecretKey derived = KdfCalls.deriveKey(kdf, "AES", KdfCalls.both(own, new byte[3], null, 32));
        require(derived instanceof FerroHsmKey && KdfCalls.providerName(kdf).equals("FerroHSM"), "KDF of the HSM");
        SecretKey software = new SecretKeySpec(new byte[48], "Generic");
        require(KdfCalls.deriveData(kdf, KdfCalls.expand(software, null, 32)).length == 32, "KDF of both");
    }

    private static SSLContext context(KeyStore own, KeyStore other) throws Exception {
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(own, PASSWORD);
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("other", certificate(other));
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }

    private static Certificate certificate(KeyStore store) throws Exception {
        return store.getCertificate(store.aliases().nextElement());
    }

    /** A connection whose two ends show the only certificate that their store has. */
    private static void handshake(String protocol, KeyStore serverStore, KeyStore clientStore) throws Exception {
        try (SSLServerSocket listener = (SSLServerSocket) context(serverStore, clientStore).getServerSocketFactory()
            .createServerSocket(0, 1, java.net.InetAddress.getLoopbackAddress())) {
            listener.setNeedClientAuth(true);
            CompletableFuture<Certificate> server = CompletableFuture.supplyAsync(() -> {
                try (SSLSocket socket = (SSLSocket) listener.accept()) {
                    socket.getOutputStream().write(socket.getInputStream().read());
                    return socket.getSession().getPeerCertificates()[0];
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
            try (SSLSocket socket = (SSLSocket) context(clientStore, serverStore).getSocketFactory()
                .createSocket(listener.getInetAddress(), listener.getLocalPort())) {
                socket.setEnabledProtocols(new String[] {protocol});
                OutputStream out = socket.getOutputStream();
                out.write(42);
                out.flush();
                require(socket.getInputStream().read() == 42, "echo");
                require(socket.getSession().getProtocol().equals(protocol), socket.getSession().getProtocol());
                require(socket.getSession().getPeerCertificates()[0].equals(certificate(serverStore)), "server");
            }
            require(server.get().equals(certificate(clientStore)), "client");
        }
    }
}
