package org.ferrohsm.provider.interop;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import javax.crypto.SecretKey;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.OAEPParameterSpec;
import org.ferrohsm.provider.Patience;

/** The openssl command. */
final class OpenSslPeer implements Peer {
    private final Path directory;

    OpenSslPeer(Path directory) {
        this.directory = directory;
    }

    @Override
    public String toString() {
        return "OpenSSL";
    }

    /** The command has neither GCM (nor any other mode with a tag) nor signatures in the P1363 form. */
    @Override
    public boolean has(String engine, String algorithm) {
        return switch (engine) {
            case "Signature" -> algorithm.matches("(NONE|SHA1|SHA2\\d+|SHA384|SHA512|SHA3-\\d+)with(RSA|ECDSA|RSA/PSS)|RSASSA-PSS");
            case "Cipher" -> algorithm.matches("AES(_\\d+)?/(CBC|CTR|ECB|KW|KWP)/(NoPadding|PKCS5Padding)")
                && !algorithm.endsWith("KW/PKCS5Padding")
                || algorithm.matches("RSA/ECB/(NoPadding|PKCS1Padding|OAEP.*)");
            case "Mac" -> algorithm.matches("AESCMAC|HmacSHA\\d+|HmacSHA3-\\d+");
            case "KeyAgreement" -> algorithm.equals("ECDH") || algorithm.equals("X25519");
            case "MessageDigest" -> algorithm.startsWith("SHA");
            default -> false;
        };
    }

    @Override
    public boolean hasCurve(String curve) {
        return true;
    }

    private Path write(String name, byte[] content) throws IOException {
        return Files.write(directory.resolve(name), content);
    }

    private String pem(Key key) throws IOException {
        String kind = key instanceof PublicKey ? "PUBLIC KEY" : "PRIVATE KEY";
        return write(kind.substring(0, 3) + ".pem", ("-----BEGIN " + kind + "-----\n"
            + Base64.getMimeEncoder().encodeToString(key.getEncoded()) + "\n-----END " + kind + "-----\n").getBytes())
            .toString();
    }

    private byte[] run(byte[] input, List<String> arguments) throws Exception {
        Process process = start(input, arguments);
        byte[] output = Files.readAllBytes(directory.resolve("output"));
        if (process.exitValue() != 0) {
            throw new IllegalStateException(arguments + ": " + Files.readString(directory.resolve("errors")));
        }
        return output;
    }

    private Process start(byte[] input, List<String> arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("openssl"));
        command.addAll(arguments);
        Process process = new ProcessBuilder(command).redirectInput(write("input", input).toFile())
            .redirectOutput(directory.resolve("output").toFile()).redirectError(directory.resolve("errors").toFile())
            .start();
        if (!process.waitFor(Patience.SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IllegalStateException(command + " did not end within " + Patience.SECONDS + " s");
        }
        return process;
    }

    /** SHA-256 or SHA256 is sha256, SHA3-256 sha3-256. */
    private static String hash(String name) {
        return name.toLowerCase(Locale.ROOT).replace("sha-", "sha");
    }

    private static List<String> signatureOptions(String algorithm) throws Exception {
        List<String> options = new ArrayList<>();
        PSSParameterSpec pss = JcaPeer.pss(algorithm);
        if (pss != null) {
            options.addAll(List.of("dgst", "-" + hash(pss.getDigestAlgorithm()), "-sigopt", "rsa_padding_mode:pss",
                "-sigopt", "rsa_pss_saltlen:" + pss.getSaltLength(), "-sigopt",
                "rsa_mgf1_md:" + hash(((MGF1ParameterSpec) pss.getMGFParameters()).getDigestAlgorithm())));
        } else {
            options.addAll(List.of("dgst", "-" + hash(algorithm.substring(0, algorithm.indexOf("with")))));
        }
        return options;
    }

    @Override
    public byte[] sign(String algorithm, PrivateKey key, byte[] data) throws Exception {
        if (algorithm.startsWith("NONE")) {
            return run(data, List.of("pkeyutl", "-sign", "-inkey", pem(key)));
        }
        List<String> options = signatureOptions(algorithm);
        options.addAll(List.of("-sign", pem(key)));
        return run(data, options);
    }

    @Override
    public boolean verify(String algorithm, PublicKey key, byte[] data, byte[] signature) throws Exception {
        String file = write("signature", signature).toString();
        if (algorithm.startsWith("NONE")) {
            return start(data, List.of("pkeyutl", "-verify", "-pubin", "-inkey", pem(key), "-sigfile", file))
                .exitValue() == 0;
        }
        List<String> options = signatureOptions(algorithm);
        options.addAll(List.of("-verify", pem(key), "-signature", file));
        return start(data, options).exitValue() == 0;
    }

    private static List<String> withKey(String cipher, boolean encrypt, SecretKey key) {
        return new ArrayList<>(List.of("enc", cipher, encrypt ? "-e" : "-d", "-K",
            HexFormat.of().formatHex(key.getEncoded())));
    }

    @Override
    public byte[] crypt(String transformation, boolean encrypt, SecretKey key, AlgorithmParameterSpec parameters,
        byte[] data) throws Exception {
        String[] parts = transformation.split("/");
        List<String> options =
            withKey("-aes-" + key.getEncoded().length * 8 + '-' + parts[1].toLowerCase(Locale.ROOT), encrypt, key);
        if (parameters instanceof IvParameterSpec iv) {
            options.addAll(List.of("-iv", HexFormat.of().formatHex(iv.getIV())));
        }
        if (parts[2].equals("NoPadding")) {
            options.add("-nopad");
        }
        return run(data, options);
    }

    private static List<String> padding(String transformation, AlgorithmParameterSpec parameters) {
        if (parameters instanceof OAEPParameterSpec oaep) {
            return List.of("-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt",
                "rsa_oaep_md:" + hash(oaep.getDigestAlgorithm()), "-pkeyopt",
                "rsa_mgf1_md:" + hash(((MGF1ParameterSpec) oaep.getMGFParameters()).getDigestAlgorithm()));
        }
        return List.of("-pkeyopt",
            "rsa_padding_mode:" + (transformation.endsWith("NoPadding") ? "none" : "pkcs1"));
    }

    @Override
    public byte[] encrypt(String transformation, PublicKey key, AlgorithmParameterSpec parameters, byte[] data)
        throws Exception {
        List<String> options = new ArrayList<>(List.of("pkeyutl", "-encrypt", "-pubin", "-inkey", pem(key)));
        options.addAll(padding(transformation, parameters));
        return run(data, options);
    }

    @Override
    public byte[] decrypt(String transformation, PrivateKey key, AlgorithmParameterSpec parameters, byte[] data)
        throws Exception {
        List<String> options = new ArrayList<>(List.of("pkeyutl", "-decrypt", "-inkey", pem(key)));
        options.addAll(padding(transformation, parameters));
        return run(data, options);
    }

    private byte[] wrapping(String transformation, boolean wrap, SecretKey wrapping, byte[] data) throws Exception {
        boolean padded = transformation.contains("KWP");
        List<String> options = withKey("-id-aes" + wrapping.getEncoded().length * 8 + "-wrap" + (padded ? "-pad" : ""),
            wrap, wrapping);
        options.addAll(List.of("-iv", padded ? "a65959a6" : "a6a6a6a6a6a6a6a6"));
        return run(data, options);
    }

    @Override
    public byte[] wrap(String transformation, SecretKey wrapping, byte[] key) throws Exception {
        return wrapping(transformation, true, wrapping, key);
    }

    @Override
    public byte[] unwrap(String transformation, SecretKey wrapping, byte[] wrapped) throws Exception {
        return wrapping(transformation, false, wrapping, wrapped);
    }

    @Override
    public byte[] mac(String algorithm, SecretKey key, byte[] data) throws Exception {
        String hexKey = "hexkey:" + HexFormat.of().formatHex(key.getEncoded());
        List<String> options = new ArrayList<>(List.of("mac", "-binary", "-macopt", hexKey));
        if (algorithm.equals("AESCMAC")) {
            options.addAll(List.of("-cipher", "AES-" + key.getEncoded().length * 8 + "-CBC", "CMAC"));
        } else {
            options.addAll(List.of("-digest", algorithm.substring("Hmac".length()), "HMAC"));
        }
        return run(data, options);
    }

    @Override
    public byte[] agree(String algorithm, PrivateKey key, PublicKey peer) throws Exception {
        return run(new byte[0], List.of("pkeyutl", "-derive", "-inkey", pem(key), "-peerkey", pem(peer)));
    }

    @Override
    public byte[] digest(String algorithm, byte[] data) throws Exception {
        return run(data, List.of("dgst", "-binary", "-" + hash(algorithm)));
    }
}
