package org.ferrohsm.provider;

import java.io.PrintWriter;
import java.math.BigInteger;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.RSAPrivateCrtKey;
import java.util.HexFormat;
import java.util.List;

/**
 * Makes software keys, imports them as token keys labelled {@code memory-rsa} and so on, and writes the bytes that must
 * never be seen again to a file, one {@code name hex} a line. Arguments: the configuration, the file.
 */
final class MemoryImportMain {
    private MemoryImportMain() {
    }

    public static void main(String[] arguments) throws Exception {
        HsmClient client = HsmClient.of(arguments[0]);
        try (PrintWriter secrets = new PrintWriter(Path.of(arguments[1]).toFile())) {
            KeyPair rsa = software("RSA", "SunRsaSign", 2048);
            RSAPrivateCrtKey crt = (RSAPrivateCrtKey) rsa.getPrivate();
            write(secrets, "rsa.d", crt.getPrivateExponent(), 256);
            write(secrets, "rsa.p", crt.getPrimeP(), 128);
            write(secrets, "rsa.q", crt.getPrimeQ(), 128);
            write(secrets, "rsa.dp", crt.getPrimeExponentP(), 128);
            write(secrets, "rsa.dq", crt.getPrimeExponentQ(), 128);
            write(secrets, "rsa.qinv", crt.getCrtCoefficient(), 128);
            importKey(client, KeyType.RSA, "memory-rsa", crt.getEncoded(), new Template().flag("sign", true)
                .flag("decrypt", true));

            ECPrivateKey ec = (ECPrivateKey) software("EC", "SunEC", 256).getPrivate();
            write(secrets, "ec.s", ec.getS(), 32);
            importKey(client, KeyType.EC, "memory-ec", ec.getEncoded(), new Template().flag("sign", true));

            SecureRandom random = new SecureRandom();
            byte[] aes = new byte[32];
            random.nextBytes(aes);
            write(secrets, "aes", aes);
            importKey(client, KeyType.AES, "memory-aes", aes, new Template().flag("encrypt", true)
                .flag("decrypt", true));

            byte[] hmac = new byte[64];
            random.nextBytes(hmac);
            write(secrets, "hmac", hmac);
            importKey(client, KeyType.GENERIC_SECRET, "memory-hmac", hmac, new Template().flag("sign", true));
            if (secrets.checkError()) {
                throw new IllegalStateException("the secrets could not be written");
            }
        }
    }

    private static KeyPair software(String algorithm, String provider, int bits) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm, provider);
        generator.initialize(bits);
        return generator.generateKeyPair();
    }

    private static void importKey(HsmClient client, KeyType type, String label, byte[] material, Template template)
        throws Exception {
        client.importKey(type, material, template.flag("token", true).text("label", label), new Template(), List.of(),
            false);
    }

    private static void write(PrintWriter secrets, String name, BigInteger number, int length) {
        byte[] magnitude = number.toByteArray();
        byte[] bytes = new byte[length];
        int count = Math.min(length, magnitude.length);
        System.arraycopy(magnitude, magnitude.length - count, bytes, length - count, count);
        write(secrets, name, bytes);
    }

    private static void write(PrintWriter secrets, String name, byte[] bytes) {
        secrets.println(name + ' ' + HexFormat.of().formatHex(bytes));
    }
}
