package org.ferrohsm.provider;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.security.Key;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import javax.crypto.Cipher;
import javax.crypto.Mac;

/**
 * Uses the keys that {@link MemoryImportMain} imported, on several threads, until its standard input ends. Each line on
 * standard input is answered with the number of operations so far. Arguments: the configuration, then the canaries for
 * {@link MemoryScanTest}, hex: one for the heap, one for a BigInteger, one for native memory, one for native memory in
 * reverse.
 */
final class MemoryUseMain {
    private static final int THREADS_PER_KEY = 2;
    private static final AtomicLong OPERATIONS = new AtomicLong();
    // Reachable for as long as the process lives.
    private static byte[] heapCanary;
    private static BigInteger numberCanary;
    private static ByteBuffer nativeCanary;
    private static ByteBuffer reversedCanary;

    private interface Use {
        void run() throws Exception;
    }

    private MemoryUseMain() {
    }

    public static void main(String[] arguments) throws Exception {
        heapCanary = HexFormat.of().parseHex(arguments[1]);
        numberCanary = new BigInteger(arguments[2], 16);
        nativeCanary = direct(arguments[3], false);
        reversedCanary = direct(arguments[4], true);

        FerroHsmProvider provider = new FerroHsmProvider(arguments[0]);
        HsmClient client = provider.client();
        KeyInfo rsa = find(client, "memory-rsa");
        KeyInfo ec = find(client, "memory-ec");
        Key aes = Keys.key(client, find(client, "memory-aes"));
        Key hmac = Keys.key(client, find(client, "memory-hmac"));
        List<Use> uses = List.of(
            () -> sign(provider, "SHA256withRSA", client, rsa),
            () -> decrypt(provider, client, rsa),
            () -> sign(provider, "SHA256withECDSA", client, ec),
            () -> encrypt(provider, aes),
            () -> mac(provider, hmac));
        for (Use use : uses) {
            use.run(); // each works before the first number is given out
            OPERATIONS.incrementAndGet();
            for (int i = 0; i < THREADS_PER_KEY; i++) {
                Thread thread = new Thread(() -> repeat(use));
                thread.setDaemon(true);
                thread.start();
            }
        }
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in));
        while (commands.readLine() != null) {
            System.out.println(OPERATIONS.get());
        }
        if (heapCanary.length + numberCanary.bitLength() + nativeCanary.capacity() + reversedCanary.capacity() == 0) {
            throw new IllegalStateException("the canaries are gone");
        }
    }

    /** The bytes go straight to native memory: there is no array of them. */
    private static ByteBuffer direct(String hex, boolean reverse) {
        int length = hex.length() / 2;
        ByteBuffer buffer = ByteBuffer.allocateDirect(length);
        for (int i = 0; i < length; i++) {
            buffer.put(reverse ? length - 1 - i : i, (byte) HexFormat.fromHexDigits(hex, 2 * i, 2 * i + 2));
        }
        return buffer;
    }

    private static KeyInfo find(HsmClient client, String label) throws Exception {
        List<KeyInfo> found = new ArrayList<>();
        client.findKeys(new Template().text("label", label), null, found::add);
        if (found.size() != 1) {
            throw new IllegalStateException(found.size() + " keys are called " + label);
        }
        return found.get(0);
    }

    private static void repeat(Use use) {
        try {
            while (true) {
                use.run();
                OPERATIONS.incrementAndGet();
            }
        } catch (Exception e) {
            e.printStackTrace();
            Runtime.getRuntime().halt(1);
        }
    }

    private static PublicKey publicKey(KeyInfo info) throws Exception {
        return KeyFactory.getInstance(info.keyType() == KeyType.RSA ? "RSA" : "EC")
            .generatePublic(new X509EncodedKeySpec(info.publicKeyInfo()));
    }

    private static void sign(FerroHsmProvider provider, String algorithm, HsmClient client, KeyInfo info)
        throws Exception {
        Signature signature = Signature.getInstance(algorithm, provider);
        signature.initSign((PrivateKey) Keys.key(client, info));
        signature.update(heapCanary);
        byte[] bytes = signature.sign();
        signature = Signature.getInstance(algorithm);
        signature.initVerify(publicKey(info));
        signature.update(heapCanary);
        require(signature.verify(bytes), algorithm);
    }

    private static void decrypt(FerroHsmProvider provider, HsmClient client, KeyInfo info) throws Exception {
        byte[] text = {1, 2, 3};
        Cipher software = Cipher.getInstance("RSA/ECB/OAEPWithSHA-256AndMGF1Padding", "SunJCE");
        software.init(Cipher.ENCRYPT_MODE, publicKey(info));
        Cipher cipher = Cipher.getInstance("RSA/ECB/OAEPWithSHA-256AndMGF1Padding", provider);
        cipher.init(Cipher.DECRYPT_MODE, Keys.key(client, info));
        require(Arrays.equals(text, cipher.doFinal(software.doFinal(text))), "OAEP");
    }

    private static void encrypt(FerroHsmProvider provider, Key key) throws Exception {
        byte[] text = {4, 5, 6};
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding", provider);
        cipher.init(Cipher.ENCRYPT_MODE, key);
        byte[] encrypted = cipher.doFinal(text);
        cipher.init(Cipher.DECRYPT_MODE, key, cipher.getParameters());
        require(Arrays.equals(text, cipher.doFinal(encrypted)), "GCM");
    }

    private static void mac(FerroHsmProvider provider, Key key) throws Exception {
        Mac mac = Mac.getInstance("HmacSHA256", provider);
        mac.init(key);
        require(mac.doFinal(new byte[] {7}).length == 32, "HMAC");
    }

    private static void require(boolean condition, String what) {
        if (!condition) {
            throw new IllegalStateException(what + " gave a wrong result");
        }
    }
}
